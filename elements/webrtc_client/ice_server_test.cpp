// SPDX-License-Identifier: Apache-2.0
#include "elements/webrtc_client/words/ice_server.hpp"

#include <gtest/gtest.h>

namespace kms::webrtc_client {
namespace {

std::string read(const std::string& uri) {
  const auto server = parse_ice_server(uri);
  return server.ok() ? server->leading_to(server->host) : reason_of(server.status());
}

TEST(IceServer, IsReadFromItsUri) {
  EXPECT_EQ(read("stun:stun.example.net"), "stun://stun.example.net:3478");
  EXPECT_EQ(read("stun:[2001:db8::1]:19302"), "stun://[2001:db8::1]:19302");
  EXPECT_EQ(read("turn:192.0.2.1:5349?transport=tcp"), "turn://:@192.0.2.1:5349?transport=tcp");
  for (const auto* bad : {"", "stun:", "turns:turn.example.net", "http://example.net", "stun:a b",
                          "stun:host:0", "stun:host:99999", "stun:[::1", "stun:[::1]x",
                          "turn:host?transport=tls", "stun:host?transport=udp", "turn:host?x=y"}) {
    EXPECT_EQ(read(bad), "INVALID_OPTIONS") << bad;
  }
}

TEST(IceServer, IsFoundInLinks) {
  const auto servers = ice_servers_of(
      {"<stun:stun.example.net>; rel=\"ice-server\"",
       "<turn:turn.example.net?transport=udp>; rel=ice-server; username=\"an:na\"; credential=\"a\\\"b, "
       "c;\"; "
       "credential-type=\"password\" , <https://example.net/sse>; rel=\"urn:ietf:params:whip:ext:sse\""});

  ASSERT_EQ(servers.size(), 2u);
  EXPECT_FALSE(servers[0].relay);
  EXPECT_EQ(servers[1].credential, "a\"b, c;");
  EXPECT_EQ(servers[1].leading_to("192.0.2.1"),
            "turn://an%3Ana:a%22b%2C%20c%3B@192.0.2.1:3478?transport=udp");
}

TEST(IceServer, ThatCannotBeUsedIsLeftOut) {
  for (const auto* link :
       {"", "nonsense", "<stun:host>", "<turn:host>; rel=ice-server", "<turns:host>; rel=ice-server",
        "<turn:host>; rel=ice-server; username=a; credential=b; credential-type=oauth", "<stun:host"}) {
    EXPECT_TRUE(ice_servers_of({link}).empty()) << link;
  }
  EXPECT_EQ(ice_servers_of(std::vector<std::string>(20, "<stun:host>; rel=ice-server")).size(), 8u);
}

}  // namespace
}  // namespace kms::webrtc_client
