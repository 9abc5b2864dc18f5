// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/wire/transport_address.hpp"

#include <gtest/gtest.h>

#include <unordered_set>

namespace kms::rtc {
namespace {

TEST(TransportAddress, ReadsAndWritesBothFamilies) {
  const auto v4 = TransportAddress::parse("192.0.2.7", 5000);
  ASSERT_TRUE(v4);
  EXPECT_TRUE(v4->is_v4());
  EXPECT_EQ(v4->text(), "192.0.2.7:5000");
  EXPECT_EQ(v4->ip_bytes().size(), 4u);

  const auto v6 = TransportAddress::parse("2001:db8::1", 5000);
  ASSERT_TRUE(v6);
  EXPECT_FALSE(v6->is_v4());
  EXPECT_EQ(v6->text(), "[2001:db8::1]:5000");
  EXPECT_EQ(v6->ip_bytes().size(), 16u);
}

TEST(TransportAddress, RefusesNamesAndRubbish) {
  EXPECT_FALSE(TransportAddress::parse("localhost", 1));
  EXPECT_FALSE(TransportAddress::parse("", 1));
  EXPECT_FALSE(TransportAddress::parse("1.2.3.4.5", 1));
  EXPECT_FALSE(TransportAddress::parse(std::string(1000, ':'), 1));
  EXPECT_FALSE(TransportAddress::of({}, 1));
}

TEST(TransportAddress, TellsUdpFromTcpOnTheSamePort) {
  const auto udp = TransportAddress::parse("192.0.2.7", 5000, IpProtocol::kUdp);
  const auto tcp = TransportAddress::parse("192.0.2.7", 5000, IpProtocol::kTcp);
  EXPECT_NE(udp, tcp);
}

TEST(TransportAddress, HashesSpreadOverPorts) {
  std::unordered_set<size_t> hashes;
  for (uint16_t port = 1; port < 2000; ++port) {
    hashes.insert(std::hash<TransportAddress>{}(*TransportAddress::parse("192.0.2.7", port)));
  }
  EXPECT_EQ(hashes.size(), 1999u);
}

}  // namespace
}  // namespace kms::rtc
