// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/ice/ice_candidate.hpp"

#include <algorithm>

namespace kms::rtc {
namespace {

constexpr uint32_t kHostPreference = 126;  // RFC 8445 section 5.1.2.2
constexpr uint32_t kComponent = 1;

// RFC 8445 section 5.1.2.1. Of the 16 bits of local preference the top three say the transport, as RFC 6544
// section 4.2 has it for TCP.
uint32_t priority_of(IpProtocol protocol, size_t rank) {
  const uint32_t transport = protocol == IpProtocol::kUdp ? 7 : 4;
  const uint32_t local = transport << 13 | (0x1fffu - static_cast<uint32_t>(std::min<size_t>(rank, 0x1fff)));
  return kHostPreference << 24 | local << 8 | (256 - kComponent);
}

bool is_unspecified(const TransportAddress& address) {
  return std::ranges::all_of(address.ip_bytes(), [](uint8_t byte) { return byte == 0; });
}

}  // namespace

std::string IceCandidate::line() const {
  const bool tcp = address.protocol == IpProtocol::kTcp;
  return "candidate:" + std::to_string(foundation) + " 1 " + (tcp ? "tcp " : "udp ") +
         std::to_string(priority) + ' ' + address.ip_text() + ' ' + std::to_string(address.port) +
         " typ host" + (tcp ? " tcptype passive" : "");
}

std::vector<IceCandidate> host_candidates(const std::vector<TransportAddress>& addresses) {
  std::vector<IceCandidate> candidates;
  for (const auto& address : addresses) {
    const bool known = std::ranges::find(candidates, address, &IceCandidate::address) != candidates.end();
    if (known || is_unspecified(address)) continue;
    const auto rank = candidates.size();
    candidates.push_back({address, priority_of(address.protocol, rank), static_cast<int>(rank + 1)});
  }
  std::ranges::stable_sort(candidates, std::greater<>{}, &IceCandidate::priority);
  return candidates;
}

}  // namespace kms::rtc
