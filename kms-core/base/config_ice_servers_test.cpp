// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "kms-core/base/config.hpp"

namespace kms {
namespace {

TEST(ConfigIceServers, AreReadInOrder) {
  const auto config = parse_config(R"(
rtc:
  ice_servers:
    - url: stun:stun.example.org:3478
    - {url: "turns:turn.example.org?transport=tcp", username: kms, credential: secret}
)");

  ASSERT_TRUE(config.ok()) << config.status();
  const auto& servers = config->rtc.ice_servers;
  ASSERT_EQ(servers.size(), 2U);
  EXPECT_EQ(servers[0].url, "stun:stun.example.org:3478");
  EXPECT_EQ(servers[1].url, "turns:turn.example.org?transport=tcp");
  EXPECT_EQ(servers[1].username, "kms");
  EXPECT_EQ(servers[1].credential, "secret");
}

TEST(ConfigIceServers, ThatCannotStandInAHeaderAreRefusedAndNotRepeated) {
  for (const std::string bad :
       {"stun:a", "[stun:a]", "[{url: http://a}]", "[{url: 'stun:'}]", "[{url: turn:a}]",
        "[{url: turn:a, username: u}]", "[{url: 'stun:a>b'}]", "[{url: stun:a, username: u, credential: c}]",
        "[{url: turn:a, username: 'u\"', credential: c}]", "[{url: stun:a, other: b}]", "[{username: u}]"}) {
    const auto config = parse_config("rtc: { ice_servers: " + bad + " }");
    EXPECT_EQ(reason_of(config.status()), "CONFIG_INVALID") << bad;
  }
  const auto secret = parse_config("rtc: { ice_servers: [{url: turn:a, credential: hush}] }");
  EXPECT_EQ(message_of(secret.status()).find("hush"), std::string::npos);
}

}  // namespace
}  // namespace kms
