// SPDX-License-Identifier: Apache-2.0
// Rooms, publishers and viewers, and what becomes of them.
#include <fmt/format.h>

#include "kms-core/http/whip_rig.hpp"

namespace kms::http {
namespace {

using WhipDoorTest = WhipRig;

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
  open({.rooms = {.whep_waits = true}});
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

TEST_F(WhipDoorTest, WhoCannotTakeTheStageLeavesItToTheOneBefore) {
  open();
  ASSERT_TRUE(door().join(publisher_, "/whip/hall"));
  ASSERT_TRUE(door().join(viewer_, "/whep/hall"));
  ASSERT_TRUE(watches(viewer_, publisher_, sequence_));
  config_.limits.links_per_session = 1;

  TestPeer second({.publishes = true});
  std::string location;
  ASSERT_TRUE(door().join(second, "/whip/hall", &location));

  EXPECT_TRUE(test::eventually([&] { return elements("sessions/hall").size() == 3; }));
  EXPECT_EQ(door().send("DELETE", location).outcome(), "404 PARTICIPANT_NOT_FOUND");
  EXPECT_TRUE(watches(viewer_, publisher_, sequence_));
}

TEST_F(WhipDoorTest, WhoConnectsWhenALaterPublisherHasDoesNotTakeTheStageBack) {
  open();
  const auto early = door().post("/whip/hall", publisher_.offer());
  ASSERT_EQ(early.status, 201);
  ASSERT_TRUE(publisher_.use({.sdp = early.body, .lines = {}, .sources = {}}).ok());
  TestPeer second({.publishes = true});
  ASSERT_TRUE(door().join(second, "/whip/hall"));
  ASSERT_TRUE(door().join(viewer_, "/whep/hall"));

  EXPECT_TRUE(watches(viewer_, second, sequence_));
  EXPECT_TRUE(test::eventually([&] { return elements("sessions/hall").size() == 3; }));
  EXPECT_EQ(door().send("DELETE", early.header("location")).outcome(), "404 PARTICIPANT_NOT_FOUND");
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
  request.mutable_lease()->set_seconds(2);
  ASSERT_TRUE(store_->create(request).ok());
  std::string location;
  ASSERT_TRUE(door().join(publisher_, "/whip/hall", &location));

  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(2500);
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
  TestPeer next({.publishes = true});
  EXPECT_TRUE(door().join(next, "/whip/hall"));  // another room of that name
}

}  // namespace
}  // namespace kms::http
