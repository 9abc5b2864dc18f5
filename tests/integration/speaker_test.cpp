// SPDX-License-Identifier: Apache-2.0
// How loud peers are, as they say themselves (RFC 6464): who has the floor.
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
  ASSERT_EQ(kms.stats(&stats), "OK");
  EXPECT_NEAR(stats.inbound_rtp(0).audio_level(), 0.1, 0.01);
  EXPECT_FALSE(stats.inbound_rtp(1).has_audio_level());

  ASSERT_EQ(kms.remove("w"), "OK");
  ASSERT_TRUE(MediaServer::wait_for(events, is_told));
  EXPECT_EQ(told.active_speaker_changed().element(), "");
}

}  // namespace
}  // namespace kms::test
