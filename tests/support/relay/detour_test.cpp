// SPDX-License-Identifier: Apache-2.0
#include "tests/support/relay/detour.hpp"

#include <gtest/gtest.h>

namespace kms::test {
namespace {

const std::string kAnswer =
    "v=0\r\nc=IN IP4 0.0.0.0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n"
    "a=candidate:2 1 tcp 1 192.0.2.1 7000 typ host tcptype passive\r\n"
    "a=candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host\r\n"
    "a=candidate:1 1 udp 2130706430 192.0.2.2 5000 typ host\r\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\n"
    "a=candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host\r\n";

TEST(Detour, FindsWhereTheServerIs) {
  EXPECT_EQ(udp_address_in(kAnswer)->to_string(), "192.0.2.1:5000");
  EXPECT_EQ(udp_address_in("v=0\nc=IN IP4 192.0.2.7\nm=audio 4000 RTP/AVP 0\n")->to_string(),
            "192.0.2.7:4000");
  EXPECT_EQ(reason_of(udp_address_in("v=0\r\n").status()), "NO_ADDRESS");
}

TEST(Detour, LeavesOneWayAndItIsTheRelay) {
  const auto changed = detour(kAnswer, *rtc::SocketAddress::parse("127.0.0.1", 6000));

  EXPECT_EQ(changed,
            "v=0\r\nc=IN IP4 0.0.0.0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n"
            "a=candidate:1 1 udp 2130706431 127.0.0.1 6000 typ host\r\n"
            "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\n"
            "a=candidate:1 1 udp 2130706431 127.0.0.1 6000 typ host\r\n");
}

}  // namespace
}  // namespace kms::test
