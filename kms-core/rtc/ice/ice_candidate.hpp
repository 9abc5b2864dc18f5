// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "kms-core/rtc/wire/transport_address.hpp"

namespace kms::rtc {

// A host candidate of a lite agent, component 1 (RTCP is multiplexed). TCP ones are passive (RFC 6544).
struct IceCandidate {
  // What stands after "a=" in SDP: "candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host" (RFC 8839 section
  // 5.1).
  std::string line() const;

  TransportAddress address;
  uint32_t priority = 0;
  int foundation = 1;
};

// Candidates for the addresses a server is reachable at, in order of preference: what its sockets are bound
// to, or what the operator announces in their place. UDP goes before TCP whatever the order; unspecified
// addresses (0.0.0.0, ::) and duplicates are left out.
std::vector<IceCandidate> host_candidates(const std::vector<TransportAddress>& addresses);

}  // namespace kms::rtc
