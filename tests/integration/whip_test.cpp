// SPDX-License-Identifier: Apache-2.0
// Rooms of WHIP and WHEP beside the gRPC API: both see the same sessions.
#include <fstream>

#include "kms-core/rtc/sdp/ice_fragment.hpp"
#include "tests/integration/webrtc_fixture.hpp"
#include "tests/support/whip_client.hpp"

namespace kms::test {
namespace {

using rtc::test::TestPeer;

const std::string kWhip = std::string("rtc: { ") + kPatientRtc + ", whip: true }\n";

// Pictures from one peer until the other has some.
bool sees(TestPeer& viewer, TestPeer& publisher) {
  static uint16_t sequence = 0;
  return eventually([&] {
    ++sequence;
    publisher.send({.key_frame = true, .sequence = sequence, .timestamp = sequence * 3000u});
    return viewer.receive_until([&] { return viewer.count(true) > 3; }, std::chrono::milliseconds(20));
  });
}

TEST(WhipRooms, AreSessionsThatAnApplicationSeesAndExtends) {
  WithEndpoint kms({}, "whip: true");  // an application with a session "a" and an endpoint in it
  const WhipClient door(kms.running->server.http());
  TestPeer publisher({.publishes = true});
  ASSERT_TRUE(door.join(publisher, "/whip/a"));

  ASSERT_EQ(kms.connect("stage", "w"), "OK") << kms.client.last.message;
  TestPeer own(TestPeer::Options{});
  ASSERT_TRUE(kms.join(own));
  TestPeer viewer(TestPeer::Options{});
  ASSERT_TRUE(door.join(viewer, "/whep/a"));

  EXPECT_TRUE(sees(own, publisher));
  EXPECT_TRUE(sees(viewer, publisher));
}

TEST(WhipRooms, OfNobodyAreMadeAndTaggedForGrpc) {
  Running kms(kWhip);
  const WhipClient door(kms.server.http());
  TestPeer publisher({.publishes = true});
  ASSERT_TRUE(door.join(publisher, "/whip/hall"));

  EXPECT_EQ(kms.client.get_session("sessions/hall"), "OK");
  EventReader events(kms.client, "sessions/hall");
  v1::Event event;
  std::vector<std::string> kinds;
  while (kinds.size() < 2 && events.next(event)) {
    if (event.has_element_created()) kinds.push_back(event.element_created().kind());
  }
  EXPECT_EQ(kinds, (std::vector<std::string>{"kms.webrtc.v1.WebRtcOptions",
                                             "kms.pass_through.v1.PassThroughOptions"}));
  ASSERT_EQ(kms.client.delete_session("sessions/hall"), "OK");
  EXPECT_EQ(door.post("/whep/hall", publisher.offer()).outcome(), "404 SESSION_NOT_FOUND");
}

TEST(WhipRooms, ShowWhatAnApplicationPutsOnTheStage) {
  MediaServer kms(kWhip);
  auto clip = MediaServer::player(make_clip("clip.webm", 4));
  clip.set_loop(true);
  clip.set_autoplay(true);
  ASSERT_EQ(kms.create("p", clip), "OK") << kms.client.last.message;
  ASSERT_EQ(kms.client.create_pass_through(kms.session, "stage"), "OK");
  ASSERT_EQ(kms.connect("p", "stage"), "OK");

  TestPeer viewer(TestPeer::Options{});
  const WhipClient door(kms.running->server.http());
  ASSERT_TRUE(
      eventually([&] { return door.join(viewer, "/whep/a"); }));  // once the player has read what it plays

  EXPECT_TRUE(viewer.receive_until([&] { return viewer.count(true) > 10 && viewer.count(false) > 10; },
                                   std::chrono::seconds(20)));
}

TEST(WhipRooms, SayWhyTheyRefuse) {
  Running kms("rtc: { announced: [127.0.0.1], threads: 1, whip: true, max_connecting: 1 }\n");
  const WhipClient door(kms.server.http());
  TestPeer peer({.publishes = true});
  ASSERT_EQ(kms.client.create_session("a", 600), "OK");

  EXPECT_EQ(door.post("/whep/a", peer.offer()).outcome(), "409 NO_PUBLISHER");
  EXPECT_EQ(door.send("DELETE", "/whip-session/0123").outcome(), "404 PARTICIPANT_NOT_FOUND");
  EXPECT_EQ(door.post("/whip/b", "nonsense").outcome(), "400 SDP_SYNTAX");
  EXPECT_TRUE(eventually([&] { return kms.server.log().find("ROOM_EMPTY") != std::string::npos; }));
  EXPECT_EQ(door.post("/whip/a", peer.offer()).status, 201);
  EXPECT_EQ(door.post("/whip/a", peer.offer()).outcome(), "503 TOO_MANY_CONNECTING");
}

TEST(WhipRooms, AskForTokensAndNeverLogThem) {
  const auto tokens = media_folder() + "/tokens";
  std::ofstream(tokens) << "the-secret-token\n";
  Running kms("rtc: { announced: [127.0.0.1], threads: 1, whip: true, whip_tokens: " + tokens +
              ", whep_tokens: /nowhere/tokens }\n");
  const WhipClient door(kms.server.http());
  TestPeer peer({.publishes = true});
  const auto with = [](const std::string& token) {
    return WhipClient::Headers{{"Authorization", "Bearer " + token}};
  };

  EXPECT_EQ(door.post("/whip/a", peer.offer()).outcome(), "401 TOKEN_MISSING");
  EXPECT_EQ(door.post("/whip/a", peer.offer(), with("another-secret")).outcome(), "401 TOKEN_WRONG");
  EXPECT_EQ(door.post("/whep/a", peer.offer(), with("another-secret")).outcome(), "503 TOKENS_UNREADABLE");
  EXPECT_EQ(door.post("/whip/a", peer.offer(), with("the-secret-token")).status, 201);
  EXPECT_EQ(kms.server.log().find("secret"), std::string::npos);
}

TEST(WhipRooms, WantMediaFromPublishers) {
  Running kms(kWhip);
  const TestPeer silent(TestPeer::Options{});

  EXPECT_EQ(WhipClient(kms.server.http()).post("/whip/a", silent.offer()).outcome(), "422 NOTHING_TO_SEND");
}

// What a part of a publication goes nowhere nobody would tell him (RFC 9725 section 4.4.3).
TEST(WhipRooms, TakeAllThatAPublisherSendsOrNothing) {
  Running kms(kWhip);
  const WhipClient door(kms.server.http());
  TestPeer unknown({.publishes = true});
  auto offer = unknown.offer();
  for (size_t at = offer.find("VP8"); at != std::string::npos; at = offer.find("VP8"))
    offer.replace(at, 3, "XY8");
  auto apart = TestPeer({.publishes = true}).offer();
  const auto bundle = apart.find("a=group:BUNDLE");
  apart.erase(bundle, apart.find('\n', bundle) + 1 - bundle);
  TestPeer twice({.publishes = true});
  twice.lines().push_back({.mid = "further", .direction = "sendonly", .ssrc = 77});

  EXPECT_EQ(door.post("/whip/a", offer).outcome(), "422 TRACKS_REFUSED");
  EXPECT_EQ(door.post("/whip/a", apart).outcome(), "422 TRACKS_REFUSED") << "no BUNDLE";
  EXPECT_EQ(door.post("/whip/a", twice.offer()).outcome(), "422 TRACKS_REFUSED");
  EXPECT_TRUE(eventually([&] { return kms.server.log().find("ROOM_EMPTY") != std::string::npos; }))
      << "nothing is left of it";
  EXPECT_EQ(door.post("/whip/b", TestPeer({.publishes = true}).offer()).status, 201);
}

TEST(WhipRooms, FiveHundredThatNeverConnectDisturbNobody) {
  Running kms(kWhip);
  const WhipClient door(kms.server.http());
  TestPeer publisher({.publishes = true});
  TestPeer viewer(TestPeer::Options{});
  ASSERT_TRUE(door.join(publisher, "/whip/hall"));
  ASSERT_TRUE(door.join(viewer, "/whep/hall"));

  const TestPeer idle({.publishes = true});
  for (int i = 0; i < 500; ++i)
    ASSERT_EQ(door.post("/whip/" + std::to_string(i), idle.offer()).status, 201) << i;
  const auto refused = door.post("/whip/late", idle.offer());

  EXPECT_EQ(refused.outcome(), "503 TOO_MANY_CONNECTING");
  EXPECT_EQ(refused.header("retry-after"), "5");
  EXPECT_TRUE(sees(viewer, publisher));
}

TEST(WhipRooms, AnIceRestartByPatchMovesAPublisher) {
  Running kms(kWhip);
  const WhipClient door(kms.server.http());
  TestPeer publisher({.publishes = true});
  TestPeer viewer(TestPeer::Options{});
  std::string location;
  ASSERT_TRUE(door.join(publisher, "/whip/hall", &location));
  ASSERT_TRUE(door.join(viewer, "/whep/hall"));

  const auto restarted =
      door.send("PATCH", location, "a=ice-ufrag:moved\r\na=ice-pwd:0123456789012345678901\r\n",
                {{"Content-Type", "application/trickle-ice-sdpfrag"}, {"If-Match", "*"}});
  ASSERT_EQ(restarted.status, 200) << restarted.body;
  const auto ours = rtc::parse_ice_fragment(restarted.body);
  ASSERT_TRUE(ours.ok()) << ours.status();
  publisher.move();
  publisher.send_check(*ours->credentials, true);

  EXPECT_TRUE(sees(viewer, publisher));
}

TEST(WhipRooms, AViewerMayBeThereFirst) {
  Running kms(std::string("rtc: { ") + kPatientRtc + ", whip: true, whep_waits: true }\n");
  const WhipClient door(kms.server.http());
  TestPeer viewer(TestPeer::Options{});
  TestPeer publisher({.publishes = true});
  ASSERT_TRUE(door.join(viewer, "/whep/hall"));

  ASSERT_TRUE(door.join(publisher, "/whip/hall"));

  EXPECT_TRUE(sees(viewer, publisher));
}

}  // namespace
}  // namespace kms::test
