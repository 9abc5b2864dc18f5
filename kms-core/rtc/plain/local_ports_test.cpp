// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/plain/local_ports.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/own_ports.hpp"

namespace kms::rtc {
namespace {

const auto kLoopback = *SocketAddress::parse("127.0.0.1", 0);

TEST(LocalPorts, AreAnEvenOneAndTheNext) {
  const kms::test::OwnPorts own;
  const auto odd = static_cast<uint16_t>(own.first() + 1);

  const auto ports = open_ports(kLoopback, {odd, own.last()}, false);

  ASSERT_TRUE(ports.ok()) << ports.status();
  EXPECT_EQ(ports->port % 2, 0);
  EXPECT_GT(ports->port, odd);
  EXPECT_EQ(ports->rtcp_port(), ports->port + 1);
  EXPECT_TRUE(ports->rtcp.valid());
}

TEST(LocalPorts, AreOneWhereRtcpSharesIt) {
  const kms::test::OwnPorts own;
  const auto ports = open_ports(kLoopback, {own.first(), own.last()}, true);
  ASSERT_TRUE(ports.ok());
  EXPECT_FALSE(ports->rtcp.valid());
  EXPECT_EQ(ports->rtcp_port(), ports->port);
}

TEST(LocalPorts, ComeToAnEndAndComeBack) {
  const kms::test::OwnPorts own;
  const PortRange six{own.first(), static_cast<uint16_t>(own.first() + 5)};
  std::vector<LocalPorts> taken;
  for (int i = 0; i < 3; ++i) {
    auto ports = open_ports(kLoopback, six, false);
    ASSERT_TRUE(ports.ok()) << ports.status();
    taken.push_back(std::move(*ports));
  }

  EXPECT_EQ(reason_of(open_ports(kLoopback, six, false).status()), "PORT_UNAVAILABLE");
  taken.pop_back();
  EXPECT_TRUE(open_ports(kLoopback, six, false).ok());
}

TEST(LocalPorts, AnEmptyRangeHasNone) {
  EXPECT_EQ(reason_of(open_ports(kLoopback, {40'401, 40'402}, false).status()), "PORT_UNAVAILABLE");
  EXPECT_EQ(reason_of(open_ports(kLoopback, {40'402, 40'400}, false).status()), "PORT_UNAVAILABLE");
}

TEST(LocalPorts, BindIpv6) {
  const kms::test::OwnPorts own;
  const auto address = SocketAddress::parse("::1", 0);
  const auto ports = open_ports(*address, {own.first(), own.last()}, false);
  ASSERT_TRUE(ports.ok()) << ports.status();
}

}  // namespace
}  // namespace kms::rtc
