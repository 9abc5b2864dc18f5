// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "kms-core/rtc/net/udp_inlet.hpp"

namespace kms::rtc {

struct RtcPortOptions {
  uint16_t number = 0;  // 0: any that is free for all of UDP, TCP, IPv4 and IPv6
  bool ipv6 = true;     // where the system has it
  bool tcp = true;
  bool quiet = false;  // with quiet sockets, where the kernel can
  UdpOptions udp;
};

// The bound sockets of one RTC thread, all on one number. `udp6` is not valid without IPv6.
struct RtcPort {
  static Result<RtcPort> open(const RtcPortOptions& options);

  uint16_t number = 0;
  UdpInlet udp4;
  UdpInlet udp6;
  std::vector<UniqueFd> tcp;
};

}  // namespace kms::rtc
