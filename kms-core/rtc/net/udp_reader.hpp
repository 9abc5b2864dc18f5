// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "kms-core/rtc/net/packet_handler.hpp"
#include "kms-core/rtc/net/udp_inlet.hpp"

namespace kms::rtc {

// Empties inlets and hands their packets on. A stream's packets keep their order across the two sockets of an
// inlet, and those of the quiet one their time of arrival. One per RTC thread.
class UdpReader {
 public:
  // `quiet`: whether there will be inlets with a quiet socket.
  explicit UdpReader(bool quiet, OwnAddresses* own_addresses = nullptr);

  // True if the quiet socket was read as well. With `quiet_may_wait` it is not where all that came is RTCP,
  // which asks for something else: what is quiet is cheaper to read with the next frame.
  bool read(const UdpInlet& inlet, PacketHandler& handler, bool quiet_may_wait);
  // Only what came without waking anyone.
  void read_quiet(const UdpInlet& inlet, PacketHandler& handler);
  uint64_t oversized() const;

 private:
  void hand_on(std::span<const Datagram> loud, std::span<const Datagram> quiet, PacketHandler& handler);

  ReceiveBuffers loud_;
  std::optional<ReceiveBuffers> quiet_;
};

}  // namespace kms::rtc
