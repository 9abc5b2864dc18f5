// SPDX-License-Identifier: Apache-2.0
#include "bench/loadtest/http_reply.hpp"

#include <gtest/gtest.h>

#include "bench/loadtest/http_target.hpp"

namespace kms::rtc::loadtest {
namespace {

const std::string kCreated =
    "HTTP/1.1 201 Created\r\nlocation: /whip-session/1\r\nContent-Length: 3\r\n\r\nv=0";

HttpReply read(std::string_view text, bool ended = false) {
  const auto reply = read_http_reply(text, ended);
  EXPECT_TRUE(reply.ok() && *reply) << text;
  return reply.ok() && *reply ? **reply : HttpReply{};
}

TEST(HttpReply, HasStatusLocationAndBody) {
  const auto reply = read(kCreated);

  EXPECT_EQ(reply.status, 201);
  EXPECT_EQ(reply.location, "/whip-session/1");
  EXPECT_EQ(reply.body, "v=0");
}

TEST(HttpReply, IsNotThereBeforeItsLastByte) {
  for (size_t size = 0; size < kCreated.size(); ++size) {
    const auto part = std::string_view(kCreated).substr(0, size);
    const auto reply = read_http_reply(part, false);
    ASSERT_TRUE(reply.ok() && !*reply) << part;
    EXPECT_EQ(reason_of(read_http_reply(part, true).status()), "HTTP_INVALID") << part;
  }
}

TEST(HttpReply, MayComeInChunks) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

  EXPECT_EQ(read(head + "3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n").body, "abc0123456789");
  EXPECT_FALSE(*read_http_reply(head + "3\r\nabc\r\n", false));
  for (const auto* wrong : {"z\r\nabc\r\n", "3\r\nabcd\r\n0\r\n", "ffffffffffffffff\r\n"})
    EXPECT_EQ(reason_of(read_http_reply(head + wrong, false).status()), "HTTP_INVALID") << wrong;
}

TEST(HttpReply, MayEndWithTheConnection) {
  const std::string text = "HTTP/1.0 409 Conflict\r\n\r\nNO_PUBLISHER: wait";

  EXPECT_FALSE(*read_http_reply(text, false));
  EXPECT_EQ(read(text, true).body, "NO_PUBLISHER: wait");
}

TEST(HttpReply, HasNoBodyWhereTheStatusSaysSo) {
  EXPECT_EQ(read("HTTP/1.1 204 No Content\r\n\r\n").status, 204);
}

TEST(HttpReply, FollowsInterimOnes) {
  EXPECT_EQ(read("HTTP/1.1 100 Continue\r\n\r\n" + kCreated).status, 201);
}

TEST(HttpReply, IsRefusedWhenItIsNone) {
  for (const auto* text : {"SSH-2.0\r\n\r\n", "HTTP/1.1\r\n\r\n", "HTTP/1.1 xyz No\r\n\r\n",
                           "HTTP/1.1 200 OK\r\nx\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
                           "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n"}) {
    EXPECT_EQ(reason_of(read_http_reply(text, false).status()), "HTTP_INVALID") << text;
  }
}

TEST(HttpTarget, IsHostPortAndPath) {
  const auto target = HttpTarget::parse("http://127.0.0.1:8080/whip/{room}?x=1");

  ASSERT_TRUE(target.ok()) << message_of(target.status());
  EXPECT_EQ(target->host, "127.0.0.1:8080");
  EXPECT_EQ(target->path, "/whip/{room}?x=1");
  EXPECT_EQ(target->address.to_string(), "127.0.0.1:8080");
}

TEST(HttpTarget, HasAPortAndAPathWhereNoneIsGiven) {
  const auto target = HttpTarget::parse("http://[::1]");

  ASSERT_TRUE(target.ok()) << message_of(target.status());
  EXPECT_EQ(target->address.port(), 80);
  EXPECT_EQ(target->path, "/");
}

TEST(HttpTarget, SaysWhatItDoesNotTake) {
  for (const auto* url : {"https://127.0.0.1/", "127.0.0.1:8080", "http://", "http://127.0.0.1:x/",
                          "http://127.0.0.1:99999/", "http://nobody.invalid/", "http://[::1/"}) {
    EXPECT_EQ(reason_of(HttpTarget::parse(url).status()), "URL_INVALID") << url;
  }
}

TEST(HttpTarget, LeadsToARoomAndToTheResourceOfAnAnswer) {
  const auto target = *HttpTarget::parse("http://127.0.0.1:8080/a/whip/{room}");

  EXPECT_EQ(target.for_room("hall-1").path, "/a/whip/hall-1");
  EXPECT_EQ(target.at("/whip-session/7").path, "/whip-session/7");
  EXPECT_EQ(target.at("http://other:1/whip-session/7").path, "/whip-session/7");
  EXPECT_EQ(target.at("7").path, "/a/whip/7");
  EXPECT_EQ(target.at("7").host, "127.0.0.1:8080");
}

TEST(HttpTarget, FollowsRedirectionsToOtherServers) {
  const auto target = *HttpTarget::parse("http://127.0.0.1:8080/a/whip/hall");

  EXPECT_EQ(target.redirected_to("/b")->path, "/b");
  EXPECT_EQ(target.redirected_to("http://127.0.0.1:8080/b")->path, "/b");
  const auto other = target.redirected_to("http://127.0.0.2:81/b?c=1");
  ASSERT_TRUE(other.ok());
  EXPECT_EQ(other->host, "127.0.0.2:81");
  EXPECT_EQ(other->address.to_string(), "127.0.0.2:81");
  EXPECT_EQ(other->path, "/b?c=1");
  EXPECT_EQ(reason_of(target.redirected_to("https://127.0.0.1/").status()), "URL_INVALID");
}

}  // namespace
}  // namespace kms::rtc::loadtest
