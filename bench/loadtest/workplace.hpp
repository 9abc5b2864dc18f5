// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <random>

#include "bench/loadtest/datagram_reader.hpp"
#include "bench/loadtest/settings.hpp"
#include "bench/loadtest/stamp.hpp"
#include "bench/loadtest/tally.hpp"
#include "kms-core/rtc/dtls/dtls_context.hpp"
#include "kms-core/rtc/net/event_loop.hpp"
#include "kms-core/rtc/srtp/srtp_engine.hpp"

namespace kms::rtc::loadtest {

class SocketSet;

// What the participants of one thread share.
struct Workplace {
  const Settings& settings;
  const DtlsContext& dtls;
  EventLoop& loop;
  SocketSet& sockets;
  SrtpEngine& engine;
  Stamps stamps;
  DatagramReader reader{};
  std::mt19937_64 random;
  Tally tally{};
  std::array<uint8_t, DatagramReader::kMaxDatagram> outgoing{};  // a datagram that is being sealed
  std::array<uint8_t, DatagramReader::kMaxDatagram> incoming{};  // one that was opened

  bool happens(double share) { return share > 0 && std::uniform_real_distribution<>(0, 1)(random) < share; }
  uint64_t& count(Count what) { return tally.counts[what]; }
};

}  // namespace kms::rtc::loadtest
