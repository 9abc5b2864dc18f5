// SPDX-License-Identifier: Apache-2.0
#include "kms-core/http/whip_door.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <future>

#include "kms-core/graph/declare_all.hpp"
#include "kms-core/gst/init.hpp"
#include "kms-core/rtc/peer/test_peer.hpp"
#include "tests/support/rtc_plane.hpp"
#include "tests/support/waiting.hpp"
#include "tests/support/whip_client.hpp"

namespace kms::http {
namespace {

using rtc::test::TestPeer;

// A door with the sessions behind it. Publishers and viewers are peers of the test.
class WhipDoorTest : public ::testing::Test {
 protected:
  WhipDoorTest() {
    config_.limits.elements_per_session = 6;
    gst::init();
    graph::declare_all(catalog_);
  }
  void open(bool whep_waits = false) {
    auto started = HttpServer::start("127.0.0.1:0");
    ASSERT_TRUE(started.ok()) << started.status();
    http_ = *std::move(started);
    add_whip(*http_, *store_, {.max_connecting = kMaxConnecting, .whep_waits = whep_waits});
  }
  void TearDown() override {
    http_.reset();
    std::promise<void> gone;
    store_->drain([&] { gone.set_value(); });
    gone.get_future().wait();
    loops_.flush();
  }
  test::WhipClient door() const { return test::WhipClient(http_->address()); }

  // Does `work` on the session's loop and gives what it gives.
  template <typename Work>
  auto in(const std::string& session, Work work) {
    using Out = std::invoke_result_t<Work, graph::Session&>;
    std::promise<Out> promise;
    EXPECT_TRUE(store_->with_session(session, [&](graph::Session& s) { promise.set_value(work(s)); }).ok());
    return promise.get_future().get();
  }
  std::vector<std::string> elements(const std::string& session) {
    return in(session, [](graph::Session& s) {
      std::vector<std::string> ids;
      for (const auto& element : s.list_elements()) {
        const auto id = element.name().substr(element.name().rfind('/') + 1);
        ids.push_back(id.substr(0, id.find('-')));
      }
      return ids;
    });
  }
  // Sends pictures until the viewer has got so many more.
  static bool watches(TestPeer& viewer, TestPeer& publisher, uint16_t& sequence, size_t more = 3) {
    const auto wanted = viewer.count(true) + more;
    const auto end = std::chrono::steady_clock::now() + test::kPatience;
    while (viewer.count(true) < wanted && std::chrono::steady_clock::now() < end) {
      ++sequence;
      publisher.send({.key_frame = true, .sequence = sequence, .timestamp = sequence * 3000u});
      viewer.receive_until([&] { return viewer.count(true) >= wanted; }, std::chrono::milliseconds(20));
    }
    return viewer.count(true) >= wanted;
  }
  static uint32_t last_ssrc(const TestPeer& viewer) {
    return rtc::RtpView::parse(viewer.rtp().back())->ssrc();
  }

  static constexpr size_t kMaxConnecting = 4;
  Config config_;
  graph::Catalog catalog_;
  LoopPool loops_{2};
  WorkerPool workers_{{.kept = 1, .most = 2}};
  const std::unique_ptr<rtc::Server> rtc_ = test::start_rtc();
  graph::Environment environment_{config_, catalog_, loops_, workers_, *rtc_};
  std::unique_ptr<graph::SessionStore> store_ = std::make_unique<graph::SessionStore>(environment_);
  std::unique_ptr<HttpServer> http_;
  TestPeer publisher_{{.publishes = true}};
  TestPeer viewer_{{.publishes = false}};
  uint16_t sequence_ = 0;
};

TEST_F(WhipDoorTest, ARoomIsASessionWithAStageBetweenPublisherAndViewers) {
  open();

  ASSERT_TRUE(door().join(publisher_, "/whip/hall"));
  ASSERT_TRUE(door().join(viewer_, "/whep/hall"));

  EXPECT_TRUE(watches(viewer_, publisher_, sequence_));
  EXPECT_EQ(store_->names(), std::vector<std::string>{"sessions/hall"});
  EXPECT_EQ(elements("sessions/hall"), (std::vector<std::string>{"publisher", "stage", "viewer"}));
}

TEST_F(WhipDoorTest, AParticipantEndsOnce) {
  open();
  std::string location;
  ASSERT_TRUE(door().join(publisher_, "/whip/hall", &location));

  EXPECT_EQ(door().send("DELETE", location).status, 200);
  EXPECT_EQ(elements("sessions/hall"), std::vector<std::string>{"stage"});
  EXPECT_EQ(door().send("DELETE", location).outcome(), "404 PARTICIPANT_NOT_FOUND");
  EXPECT_EQ(door().send("DELETE", "/whip-session/").outcome(), "404 PARTICIPANT_NOT_FOUND");
}

TEST_F(WhipDoorTest, WhoSaysGoodbyeIsGoneFromTheSession) {
  open();
  ASSERT_TRUE(door().join(publisher_, "/whip/hall"));

  publisher_.say_goodbye();

  EXPECT_TRUE(test::eventually([&] { return elements("sessions/hall").size() == 1; }));
}

TEST_F(WhipDoorTest, RefusesWhatMakesNoSense) {
  open();
  EXPECT_EQ(door().post("/whep/empty", viewer_.offer()).outcome(), "404 SESSION_NOT_FOUND");
  EXPECT_EQ(door().post("/whip/No_Room", publisher_.offer()).outcome(), "404 INVALID_ID");
  EXPECT_EQ(door().post("/whip", publisher_.offer()).status, 404);
  EXPECT_EQ(door().post("/whip/a/b", publisher_.offer()).status, 404);
  EXPECT_EQ(door().send("PUT", "/whip/hall").status, 405);
  EXPECT_EQ(door().post("/whip/hall", "v=0\r\nrubbish").outcome(), "400 SDP_SYNTAX");
  // No room is left of it.
  EXPECT_TRUE(test::eventually([&] { return store_->names().empty(); }));
}

TEST_F(WhipDoorTest, WithoutAPublisherAViewerIsToldToTryAgain) {
  open();
  std::string location;
  ASSERT_TRUE(door().join(publisher_, "/whip/hall", &location));
  ASSERT_EQ(door().send("DELETE", location).status, 200);

  const auto refused = door().post("/whep/hall", viewer_.offer());

  EXPECT_EQ(refused.outcome(), "409 NO_PUBLISHER");
  EXPECT_EQ(refused.header("retry-after"), "5");
}

TEST_F(WhipDoorTest, AViewerMayWaitForItsPublisher) {
  open(true);
  ASSERT_TRUE(door().join(viewer_, "/whep/hall"));
  EXPECT_EQ(elements("sessions/hall"), (std::vector<std::string>{"stage", "viewer"}));

  ASSERT_TRUE(door().join(publisher_, "/whip/hall"));

  EXPECT_TRUE(watches(viewer_, publisher_, sequence_));
}

TEST_F(WhipDoorTest, ThePublisherWhoComesLaterTakesTheStageAndViewersStay) {
  open();
  ASSERT_TRUE(door().join(publisher_, "/whip/hall"));
  ASSERT_TRUE(door().join(viewer_, "/whep/hall"));
  ASSERT_TRUE(watches(viewer_, publisher_, sequence_));
  const auto ssrc = last_ssrc(viewer_);

  TestPeer second({.publishes = true});
  ASSERT_TRUE(door().join(second, "/whip/hall"));
  ASSERT_TRUE(test::eventually([&] { return elements("sessions/hall").size() == 3; }));

  uint16_t sequence = 0;
  EXPECT_TRUE(watches(viewer_, second, sequence));
  EXPECT_TRUE(second.receive_until([&] { return second.asked_for_key_frame(); }));
  EXPECT_EQ(last_ssrc(viewer_), ssrc);
}

TEST_F(WhipDoorTest, WhoDoesNotConnectTakesNoStage) {
  open();
  ASSERT_TRUE(door().join(publisher_, "/whip/hall"));
  ASSERT_TRUE(door().join(viewer_, "/whep/hall"));
  const TestPeer other({.publishes = true});
  std::string location;
  const auto reply = door().post("/whip/hall", other.offer());
  ASSERT_EQ(reply.status, 201);

  EXPECT_TRUE(watches(viewer_, publisher_, sequence_));

  EXPECT_EQ(door().send("DELETE", reply.header("location")).status, 200);
  EXPECT_TRUE(watches(viewer_, publisher_, sequence_));
}

TEST_F(WhipDoorTest, OnlySoManyConnectAtATime) {
  open();
  const auto first = door().post("/whip/0", publisher_.offer());
  for (size_t i = 1; i < kMaxConnecting; ++i)
    ASSERT_EQ(door().post(fmt::format("/whip/{}", i), publisher_.offer()).status, 201);

  const auto refused = door().post("/whip/late", publisher_.offer());
  EXPECT_EQ(refused.outcome(), "503 TOO_MANY_CONNECTING");
  EXPECT_EQ(refused.header("retry-after"), "5");

  ASSERT_TRUE(publisher_.use({.sdp = first.body, .lines = {}, .sources = {}}).ok());
  ASSERT_TRUE(publisher_.connect());
  EXPECT_TRUE(test::eventually([&] { return door().post("/whip/late", publisher_.offer()).status == 201; }));
}

TEST_F(WhipDoorTest, ARoomHasTheQuotasOfItsSession) {
  open();
  ASSERT_TRUE(door().join(publisher_, "/whip/hall"));
  std::vector<std::unique_ptr<TestPeer>> viewers;
  while (viewers.size() + 2 < config_.limits.elements_per_session) {
    viewers.push_back(std::make_unique<TestPeer>(TestPeer::Options{}));
    ASSERT_TRUE(door().join(*viewers.back(), "/whep/hall"));
  }

  EXPECT_EQ(door().post("/whep/hall", viewer_.offer()).outcome(), "503 ELEMENT_QUOTA");
  EXPECT_TRUE(watches(*viewers.front(), publisher_, sequence_));
}

TEST_F(WhipDoorTest, TheLeaseDoesNotRunWhileAnybodyIsInTheRoom) {
  open();
  v1::CreateSessionRequest request;
  request.set_session_id("hall");
  request.mutable_lease()->set_seconds(1);
  ASSERT_TRUE(store_->create(request).ok());
  std::string location;
  ASSERT_TRUE(door().join(publisher_, "/whip/hall", &location));

  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(1500);
  publisher_.receive_until([&] { return std::chrono::steady_clock::now() > end; });
  EXPECT_EQ(store_->names().size(), 1U);

  EXPECT_EQ(door().send("DELETE", location).status, 200);
  EXPECT_TRUE(test::eventually([&] { return store_->names().empty(); }));
}

TEST_F(WhipDoorTest, AParticipantOfASessionThatIsClosedIsGone) {
  open();
  std::string location;
  ASSERT_TRUE(door().join(publisher_, "/whip/hall", &location));
  std::promise<void> closed;
  ASSERT_TRUE(
      store_->close("sessions/hall", "CLIENT_DELETED", [&](const Status&) { closed.set_value(); }).ok());
  closed.get_future().wait();

  EXPECT_TRUE(test::eventually([&] { return door().send("DELETE", location).status == 404; }));
  EXPECT_TRUE(door().join(viewer_, "/whip/hall"));  // another room of that name
}

}  // namespace
}  // namespace kms::http
