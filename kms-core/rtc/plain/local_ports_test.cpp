// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/plain/local_ports.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace kms::rtc {
namespace {

const auto kLoopback = *SocketAddress::parse("127.0.0.1", 0);

TEST(LocalPorts, AreAnEvenOneAndTheNext) {
  const auto ports = open_ports(kLoopback, {40'001, 40'100}, false);

  ASSERT_TRUE(ports.ok()) << ports.status();
  EXPECT_EQ(ports->port % 2, 0);
  EXPECT_GE(ports->port, 40'002);
  EXPECT_EQ(ports->rtcp_port(), ports->port + 1);
  EXPECT_TRUE(ports->rtcp.valid());
}

TEST(LocalPorts, AreOneWhereRtcpSharesIt) {
  const auto ports = open_ports(kLoopback, {40'200, 40'299}, true);
  ASSERT_TRUE(ports.ok());
  EXPECT_FALSE(ports->rtcp.valid());
  EXPECT_EQ(ports->rtcp_port(), ports->port);
}

TEST(LocalPorts, ComeToAnEndAndComeBack) {
  std::vector<LocalPorts> taken;
  for (int i = 0; i < 3; ++i) {
    auto ports = open_ports(kLoopback, {40'300, 40'305}, false);
    ASSERT_TRUE(ports.ok()) << ports.status();
    taken.push_back(std::move(*ports));
  }

  EXPECT_EQ(reason_of(open_ports(kLoopback, {40'300, 40'305}, false).status()), "PORT_UNAVAILABLE");
  taken.pop_back();
  EXPECT_TRUE(open_ports(kLoopback, {40'300, 40'305}, false).ok());
}

TEST(LocalPorts, AnEmptyRangeHasNone) {
  EXPECT_EQ(reason_of(open_ports(kLoopback, {40'401, 40'402}, false).status()), "PORT_UNAVAILABLE");
  EXPECT_EQ(reason_of(open_ports(kLoopback, {40'402, 40'400}, false).status()), "PORT_UNAVAILABLE");
}

TEST(LocalPorts, BindIpv6) {
  const auto address = SocketAddress::parse("::1", 0);
  const auto ports = open_ports(*address, {40'500, 40'599}, false);
  ASSERT_TRUE(ports.ok()) << ports.status();
}

}  // namespace
}  // namespace kms::rtc
