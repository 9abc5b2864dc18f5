// SPDX-License-Identifier: Apache-2.0
#include "kms-core/base/host_port.hpp"

#include <gtest/gtest.h>

namespace kms {
namespace {

TEST(HostPort, ReadsAndWritesBothFamilies) {
  for (const auto* text : {"127.0.0.1:8080", "[::1]:0", "localhost:1", "0.0.0.0:65535"}) {
    const auto parsed = parse_host_port(text);
    ASSERT_TRUE(parsed.ok()) << text;
    EXPECT_EQ(parsed->to_string(), text);
  }
}

TEST(HostPort, KnowsLoopback) {
  EXPECT_TRUE(parse_host_port("127.8.0.1:1")->loopback());
  EXPECT_TRUE(parse_host_port("[::1]:1")->loopback());
  EXPECT_FALSE(parse_host_port("0.0.0.0:1")->loopback());
  EXPECT_FALSE(parse_host_port("[::]:1")->loopback());
}

TEST(HostPort, RefusesWhatIsNoAddress) {
  for (const auto* text : {"", "8080", ":8080", "::1:80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
                           "127.0.0.1:8o", "name:80", "[127.0.0.1]:80", "[]:80", "127.0.0.1:-1"}) {
    const auto parsed = parse_host_port(text);
    EXPECT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(reason_of(parsed.status()), "INVALID_ADDRESS") << text;
  }
}

}  // namespace
}  // namespace kms
