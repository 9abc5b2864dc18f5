// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "kms-core/rtc/ice/ice_credentials.hpp"
#include "kms-core/rtc/ice/stun_message.hpp"
#include "kms-core/rtc/net/socket_address.hpp"
#include "kms-core/rtc/wire/clock.hpp"

namespace kms::rtc::loadtest {

// The controlling side of ICE with one local socket (RFC 8445): checks the server's candidates, nominates the
// best that answers, keeps asking for consent (RFC 7675). The server may be lite or full. One thread.
class IceClient {
 public:
  enum class State { kChecking, kConnected, kFailed };
  using Send = std::function<void(const SocketAddress& to, Bytes datagram)>;

  static constexpr Duration kPatience = std::chrono::seconds(15);  // until something answers
  static constexpr Duration kConsentEnds = std::chrono::seconds(30);
  static constexpr size_t kMaxCandidates = 16;  // the best of those that are given

  struct Options {
    IceCredentials local = {};
    IceCredentials remote = {};
    std::vector<SocketAddress> candidates = {};  // best first
    Send send = {};
  };

  IceClient(Options options, TimePoint now);

  // Sends what is due. True if state() has changed.
  bool on_time(TimePoint now);
  TimePoint deadline() const { return deadline_; }
  // A STUN message came. True if state() has changed.
  bool on_datagram(const SocketAddress& from, Bytes datagram, TimePoint now);

  State state() const { return state_; }
  // Only when connected.
  const SocketAddress& selected() const { return pairs_[selected_].remote; }

 private:
  struct Pair {
    SocketAddress remote;
    StunTransaction transaction{};
    TimePoint check_at{};
    Duration pause{};
  };

  void check(Pair& pair, bool nominate, TimePoint now);
  bool on_answer(Pair& pair, TimePoint now);
  void answer(const SocketAddress& to, const StunMessage& request) const;
  Pair* pair_at(const SocketAddress& remote);
  bool become(State state);
  void update_deadline();

  Options options_;
  uint64_t tie_breaker_;
  std::vector<Pair> pairs_;
  size_t selected_ = kMaxCandidates;
  State state_ = State::kChecking;
  TimePoint give_up_at_;
  TimePoint deadline_;
};

}  // namespace kms::rtc::loadtest
