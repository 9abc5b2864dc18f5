// SPDX-License-Identifier: Apache-2.0
#include "examples/rtc_sfu/whip_door.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "kms-core/rtc/peer/test_peer.hpp"
#include "tests/support/http_client.hpp"

namespace kms::sfu {
namespace {

using rtc::test::TestPeer;

class WhipDoorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    rtc::ServerOptions options;
    options.threads = 1;
    options.announced = {"127.0.0.1"};
    server_ = std::move(*rtc::Server::start(options));
    door_ = std::make_unique<WhipDoor>(*server_, kMaxConnecting);
    http_ = std::move(*HttpServer::start("127.0.0.1:0"));
    door_->open(*http_);
  }
  void TearDown() override {
    http_.reset();
    door_.reset();
  }

  std::string send(const std::string& method, const std::string& path, const std::string& body = "") {
    return test::http_exchange(http_->address(),
                               fmt::format("{} {} HTTP/1.1\r\nHost: x\r\nContent-Type: application/sdp\r\n"
                                           "Content-Length: {}\r\nConnection: close\r\n\r\n{}",
                                           method, path, body.size(), body));
  }
  // The browser takes the answer in `reply` and connects.
  static bool connect(TestPeer& browser, const std::string& reply) {
    const auto body = reply.find("\r\n\r\n");
    return reply.starts_with("HTTP/1.1 201") &&
           browser.use({.sdp = reply.substr(body + 4), .lines = {}, .sources = {}}).ok() && browser.connect();
  }
  // Again until it is no longer refused.
  std::string publish_when_free(const std::string& room, const TestPeer& browser) {
    const auto end = rtc::Clock::now() + std::chrono::seconds(20);
    auto reply = send("POST", "/whip/" + room, browser.offer());
    while (reply.starts_with("HTTP/1.1 409") && rtc::Clock::now() < end)
      reply = send("POST", "/whip/" + room, browser.offer());
    return reply;
  }
  static std::string location_in(const std::string& reply) {
    const auto begin = reply.find("Location: ");
    return begin == std::string::npos ? "" : reply.substr(begin + 10, reply.find("\r\n", begin) - begin - 10);
  }

  static constexpr size_t kMaxConnecting = 4;
  std::unique_ptr<rtc::Server> server_;
  std::unique_ptr<WhipDoor> door_;
  std::unique_ptr<HttpServer> http_;
  TestPeer publisher_{{.publishes = true}};
  TestPeer viewer_{{.publishes = false}};
};

TEST_F(WhipDoorTest, LetsOnePublishAndAnotherWatch) {
  const auto published = send("POST", "/whip/hall", publisher_.offer());
  EXPECT_TRUE(published.starts_with("HTTP/1.1 201")) << published;
  EXPECT_NE(published.find("a=recvonly"), std::string::npos);

  const auto watched = send("POST", "/whep/hall", viewer_.offer());
  EXPECT_TRUE(watched.starts_with("HTTP/1.1 201")) << watched;
  EXPECT_NE(watched.find("a=sendonly"), std::string::npos);
  EXPECT_EQ(server_->statistics().peers, 2u);
}

TEST_F(WhipDoorTest, EndsASessionOnce) {
  const auto location = location_in(send("POST", "/whip/hall", publisher_.offer()));
  ASSERT_FALSE(location.empty());

  EXPECT_TRUE(send("DELETE", location).starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(send("DELETE", location).starts_with("HTTP/1.1 404"));
  EXPECT_EQ(server_->statistics().peers, 0u);
  EXPECT_TRUE(send("POST", "/whip/hall", publisher_.offer()).starts_with("HTTP/1.1 201"));
}

TEST_F(WhipDoorTest, RefusesWhatMakesNoSense) {
  EXPECT_TRUE(send("POST", "/whep/empty", viewer_.offer()).starts_with("HTTP/1.1 404"));
  EXPECT_TRUE(send("GET", "/whip/hall").starts_with("HTTP/1.1 405"));
  EXPECT_TRUE(send("POST", "/whip", publisher_.offer()).starts_with("HTTP/1.1 404"));
  EXPECT_TRUE(send("POST", "/whip/a/b", publisher_.offer()).starts_with("HTTP/1.1 404"));
  const auto garbage = send("POST", "/whip/hall", "v=0\r\nrubbish");
  EXPECT_TRUE(garbage.starts_with("HTTP/1.1 400")) << garbage;
  EXPECT_NE(garbage.find("SDP_"), std::string::npos) << garbage;
  EXPECT_TRUE(send("POST", "/whip/hall", publisher_.offer()).starts_with("HTTP/1.1 201"));
  EXPECT_TRUE(send("POST", "/whip/hall", publisher_.offer()).starts_with("HTTP/1.1 409"));
}

TEST_F(WhipDoorTest, APublisherThatIsHeardNoMoreMakesRoomAndItsViewersSeeTheNextOne) {
  auto killed = std::make_unique<TestPeer>(TestPeer::Options{.publishes = true, .tcp = true});
  ASSERT_TRUE(connect(*killed, send("POST", "/whip/hall", killed->offer())));
  ASSERT_TRUE(connect(viewer_, send("POST", "/whep/hall", viewer_.offer())));
  ASSERT_TRUE(send("POST", "/whip/hall", publisher_.offer()).starts_with("HTTP/1.1 409"));

  killed.reset();  // without a goodbye; its connection ends
  ASSERT_TRUE(connect(publisher_, publish_when_free("hall", publisher_)));
  server_->statistics();  // the viewer has been told
  publisher_.send({.key_frame = true, .sequence = 5});

  EXPECT_TRUE(viewer_.receive_until([&] { return viewer_.count(true) == 1; }));
  EXPECT_EQ(server_->statistics().peers, 2u);
}

TEST_F(WhipDoorTest, LetsOnlySoManyConnectAtATime) {
  const auto first = send("POST", "/whip/0", publisher_.offer());
  for (size_t i = 1; i < kMaxConnecting; ++i)
    ASSERT_TRUE(send("POST", fmt::format("/whip/{}", i), publisher_.offer()).starts_with("HTTP/1.1 201"));

  const auto refused = send("POST", "/whip/late", publisher_.offer());
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 503")) << refused;
  EXPECT_NE(refused.find("Retry-After: "), std::string::npos) << refused;
  EXPECT_EQ(server_->statistics().peers, kMaxConnecting);

  ASSERT_TRUE(connect(publisher_, first));
  server_->statistics();  // and the door knows
  EXPECT_TRUE(send("POST", "/whip/late", publisher_.offer()).starts_with("HTTP/1.1 201"));
}

}  // namespace
}  // namespace kms::sfu
