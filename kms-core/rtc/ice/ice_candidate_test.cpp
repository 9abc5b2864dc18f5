// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/ice/ice_candidate.hpp"

#include <gtest/gtest.h>

namespace kms::rtc {
namespace {

TransportAddress at(const char* ip, uint16_t port, IpProtocol protocol = IpProtocol::kUdp) {
  return *TransportAddress::parse(ip, port, protocol);
}

TEST(IceCandidate, WritesTheLineOfAHostCandidate) {
  const auto candidates = host_candidates({at("192.0.2.1", 5000)});
  ASSERT_EQ(candidates.size(), 1u);
  EXPECT_EQ(candidates[0].line(), "candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host");
}

TEST(IceCandidate, OffersTcpPassivelyAndLast) {
  const auto candidates = host_candidates({at("192.0.2.1", 5000, IpProtocol::kTcp), at("2001:db8::1", 5000)});
  ASSERT_EQ(candidates.size(), 2u);
  EXPECT_EQ(candidates[0].address.protocol, IpProtocol::kUdp);
  EXPECT_EQ(candidates[1].line(), "candidate:1 1 tcp 2124414975 192.0.2.1 5000 typ host tcptype passive");
}

TEST(IceCandidate, KeepsTheOrderOfPreference) {
  const auto candidates = host_candidates({at("192.0.2.1", 1), at("192.0.2.2", 1), at("192.0.2.3", 1)});
  ASSERT_EQ(candidates.size(), 3u);
  EXPECT_GT(candidates[0].priority, candidates[1].priority);
  EXPECT_GT(candidates[1].priority, candidates[2].priority);
  EXPECT_EQ(candidates[2].address, at("192.0.2.3", 1));
}

TEST(IceCandidate, LeavesOutUnspecifiedAddressesAndDuplicates) {
  EXPECT_EQ(host_candidates({at("0.0.0.0", 1), at("::", 1), at("192.0.2.1", 1), at("192.0.2.1", 1)}).size(),
            1u);
}

}  // namespace
}  // namespace kms::rtc
