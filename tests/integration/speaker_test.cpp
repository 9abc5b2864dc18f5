// SPDX-License-Identifier: Apache-2.0
// How loud peers are, as they say themselves (RFC 6464): who has the floor, and who is forwarded.
#include <cmath>
#include <thread>

#include "tests/integration/webrtc_fixture.hpp"

namespace kms::test {
namespace {

using rtc::test::TestPeer;

constexpr uint8_t kSpeaks = 0x80 | 20;

// A peer that sends sound as long as this lives, all the same loudness, in real time. Nobody else uses it.
class Talker {
 public:
  Talker(TestPeer& peer, uint8_t level)
      : thread_([&peer, level](const std::stop_token& end) {
          for (uint16_t i = 0; !end.stop_requested(); ++i) {
            peer.send({.video = false, .sequence = i, .timestamp = i * 960U, .size = 80, .level = level});
            peer.receive_until([] { return false; }, std::chrono::milliseconds(20));
          }
        }) {}

 private:
  std::jthread thread_;
};

TEST(ActiveSpeaker, IsAnEventOfTheSessionThatNamesElementAndPort) {
  WithEndpoint kms;
  EventReader events(kms.client, kms.session);
  TestPeer peer({.publishes = true});
  ASSERT_TRUE(kms.join(peer));
  const Talker talker(peer, kSpeaks);
  v1::Event told;
  const auto is_told = [&](const v1::Event& event) {
    told = event;
    return event.has_active_speaker_changed();
  };

  ASSERT_TRUE(MediaServer::wait_for(events, is_told));
  EXPECT_EQ(told.source(), kms.session);
  EXPECT_EQ(told.active_speaker_changed().element(), kms.name_of("w"));
  EXPECT_EQ(told.active_speaker_changed().port(), "audio");

  webrtc::v1::GetRtcStatsResponse stats;
  EXPECT_TRUE(eventually([&] {  // as soon as there was a packet in the last second
    EXPECT_EQ(kms.stats(&stats), "OK");
    return std::abs(stats.inbound_rtp(0).audio_level() - 0.1) < 0.01;
  })) << stats.DebugString();
  EXPECT_FALSE(stats.inbound_rtp(1).has_audio_level());

  ASSERT_EQ(kms.remove("w"), "OK");
  ASSERT_TRUE(MediaServer::wait_for(events, is_told));
  EXPECT_EQ(told.active_speaker_changed().element(), "");
}

// Session "b", in which one peer is forwarded.
struct OneIsAudible : WithEndpoint {
  OneIsAudible() {
    v1::CreateSessionRequest request;
    request.set_session_id("b");
    request.set_max_audible(1);
    EXPECT_EQ(client.create_session(request, &made), "OK");
    session = made.name();
    EXPECT_EQ(create("first", webrtc::v1::WebRtcOptions()), "OK");
    EXPECT_EQ(create("second", webrtc::v1::WebRtcOptions()), "OK");
  }
  bool join_as(const std::string& id, TestPeer& peer) {
    webrtc::v1::ProcessOfferRequest request;
    request.set_name(name_of(id));
    request.set_offer(peer.offer());
    webrtc::v1::ProcessOfferResponse response;
    EXPECT_EQ(ask(&Stub::ProcessOffer, request, &response), "OK") << client.last.message;
    return peer.use({.sdp = response.answer(), .lines = {}, .sources = {}}).ok() && peer.connect();
  }
  bool is_withheld(const std::string& id) {
    v1::GetStatsRequest request;
    request.set_name(name_of(id));
    v1::GetStatsResponse stats;
    EXPECT_EQ(client.call(*client.graph, &v1::GraphService::Stub::GetStats, request, &stats), "OK");
    for (const auto& port : stats.elements(0).ports()) {
      if (port.withheld()) return true;
    }
    return false;
  }
  v1::Session made;
};

TEST(MaxAudible, WithholdsWhoIsNotAmongTheLoudest) {
  OneIsAudible kms;
  EXPECT_EQ(kms.made.max_audible(), 1U);
  TestPeer first({.publishes = true});
  TestPeer second({.publishes = true});
  ASSERT_TRUE(kms.join_as("first", first));
  ASSERT_TRUE(kms.join_as("second", second));
  const Talker speaks(first, kSpeaks);
  const Talker listens(second, 0x80 | 80);

  // As long as nobody who speaks is kept from sending for a second.
  EXPECT_TRUE(eventually([&] { return kms.is_withheld("second") && !kms.is_withheld("first"); }));
}

TEST(MaxAudible, IsRefusedBeyondAHundred) {
  Running kms;
  v1::CreateSessionRequest request;
  request.set_max_audible(101);
  EXPECT_EQ(kms.client.create_session(request), "INVALID_ARGUMENT/INVALID_OPTIONS");
  EXPECT_EQ(kms.client.last.metadata["field"], "max_audible");
  request.set_max_audible(100);
  EXPECT_EQ(kms.client.create_session(request), "OK");
}

}  // namespace
}  // namespace kms::test
