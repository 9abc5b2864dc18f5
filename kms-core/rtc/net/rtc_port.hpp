// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "kms-core/rtc/net/udp_socket.hpp"

namespace kms::rtc {

struct RtcPortOptions {
  uint16_t number = 0;  // 0: any that is free for all of UDP, TCP, IPv4 and IPv6
  bool ipv6 = true;     // where the system has it
  bool tcp = true;
  UdpOptions udp;
};

// The bound sockets of one RTC thread, all on one number. `udp6` and `tcp6` are absent without IPv6.
struct RtcPort {
  static Result<RtcPort> open(const RtcPortOptions& options);

  uint16_t number = 0;
  UniqueFd udp4;
  UniqueFd udp6;
  std::vector<UniqueFd> tcp;
};

}  // namespace kms::rtc
