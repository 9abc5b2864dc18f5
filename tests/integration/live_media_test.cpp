// SPDX-License-Identifier: Apache-2.0
// Real media through a real server, in real time: how long it takes, and what becomes of time.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/integration/live_fixture.hpp"
#include "tests/support/live_peer/scene.hpp"
#include "tests/support/live_peer/timing.hpp"

namespace kms::test {
namespace {

using namespace std::chrono_literals;

constexpr uint32_t kJitterBufferMs = 100;  // the default, said because the bars depend on it
constexpr double kMostFilteredMs = 120;
constexpr double kMostForwardedMs = 5;
constexpr double kMostTranscodedSoundMs = 60;
constexpr double kMostApartMs = 40;

// Sound goes back as it comes, pictures through a filter.
struct MirrorServer : LiveServer {
  MirrorServer() {
    add_endpoint("me", kJitterBufferMs);
    add_filter("filter", "videobalance", v1::MEDIA_KIND_VIDEO);
    link("me", "me", v1::MEDIA_KIND_AUDIO);
    link("me", "filter", v1::MEDIA_KIND_VIDEO);
    link("filter", "me", v1::MEDIA_KIND_VIDEO);
  }
};

void report(const std::string& what, const Times& times) {
  std::cout << what << ": median " << times.median() << " ms, nine of ten within " << times.share(0.9)
            << " ms, most " << times.most() << " ms of " << times.count() << "\n";
}

// Where even the sender's own packets leave late, nothing can be said of the server's time.
constexpr auto kMostLate = 5ms;
bool too_busy(const LivePeer& peer) { return peer.late() > kMostLate; }

double worst(const std::vector<double>& values) {
  double most = 0;
  for (const double value : values) most = std::max(most, std::abs(value));
  return most;
}

TEST(LiveMedia, AMirrorIsQuickAndKeepsSoundAndPicturesTogether) {
  MirrorServer kms;
  LivePeer peer({});
  ASSERT_TRUE(kms.join("me", peer));

  peer.start(rtc::Clock::now());
  perform({&peer}, 8s);
  ASSERT_EQ(peer.cnames().size(), 2u);
  EXPECT_EQ(peer.cnames().begin()->second, peer.cnames().rbegin()->second) << "of one source: played in sync";
  if (too_busy(peer)) GTEST_SKIP() << "the machine is too busy to measure";

  const auto pictures = picture_delays(peer, peer, 2s);
  const auto sound = sound_delays(peer, peer);
  report("filtered pictures, RTP in to RTP out", pictures);
  report("forwarded sound, RTP in to RTP out", sound);
  EXPECT_GT(pictures.count(), 150u);
  EXPECT_GT(sound.count(), 30u);
  EXPECT_LT(pictures.median(), kMostFilteredMs);
  EXPECT_LT(sound.median(), kMostForwardedMs);

  const auto apart = beeps_after_flashes(peer, "VP8", "OPUS");
  std::cout << "beeps after flashes, by sender reports: " << ::testing::PrintToString(apart) << " ms\n";
  ASSERT_GE(apart.size(), 5u);
  EXPECT_LT(worst(apart), kMostApartMs);
}

// What a phone speaks, and what a browser prefers.
TEST(LiveMedia, ACallBetweenG711AndOpusIsQuick) {
  LiveServer kms;
  for (const auto* id : {"phone", "browser"}) kms.add_endpoint(id, kJitterBufferMs);
  kms.link("phone", "browser", v1::MEDIA_KIND_AUDIO);
  kms.link("browser", "phone", v1::MEDIA_KIND_AUDIO);
  LivePeer phone({.video = "", .audio = "PCMU"});
  LivePeer browser({.video = "", .audio = "OPUS"});
  ASSERT_TRUE(kms.join("phone", phone));
  ASSERT_TRUE(kms.join("browser", browser));

  phone.start(rtc::Clock::now());
  browser.start(rtc::Clock::now());
  perform({&phone, &browser}, 8s);
  if (too_busy(phone) || too_busy(browser)) GTEST_SKIP() << "the machine is too busy to measure";

  const auto to_opus = beep_delays(phone, browser, "OPUS");
  const auto to_g711 = beep_delays(browser, phone, "PCMU");
  report("G.711 to Opus, RTP in to RTP out", to_opus);
  report("Opus to G.711, RTP in to RTP out", to_g711);
  for (const auto& delays : {to_opus, to_g711}) {
    EXPECT_GE(delays.count(), 6u);
    EXPECT_LT(delays.median(), kMostTranscodedSoundMs);
  }
  for (const auto& [peer, codec] : {std::pair(&browser, "OPUS"), std::pair(&phone, "PCMU")}) {
    const auto heard = listen(peer->received(false), codec);
    ASSERT_GE(heard.places.size(), 6u);
    const auto tone = scene::tone_at(heard.samples, heard.places[3], heard.rate);
    EXPECT_NEAR(tone.hz, scene::kToneHz, 40) << codec;
    EXPECT_NEAR(tone.loudness, scene::kBeepLoudness, 0.05) << codec;
  }
}

// A sender whose clock is 0.5 % fast or slow, through the jitter buffer, decoders, filters and encoders.
class Drift : public ::testing::TestWithParam<double> {};
TEST_P(Drift, LeavesNoGapAndNoGrowingDelay) {
  LiveServer kms;
  kms.add_endpoint("me", kJitterBufferMs);
  kms.add_filter("picture", "videobalance", v1::MEDIA_KIND_VIDEO);
  kms.add_filter("sound", "volume", v1::MEDIA_KIND_AUDIO);
  kms.link("me", "picture", v1::MEDIA_KIND_VIDEO);
  kms.link("picture", "me", v1::MEDIA_KIND_VIDEO);
  kms.link("me", "sound", v1::MEDIA_KIND_AUDIO);
  kms.link("sound", "me", v1::MEDIA_KIND_AUDIO);
  const SenderSpeed speed{.samples = GetParam(), .wall = 1};
  // Without a seam: an encoder's first sound is another beep than those that follow.
  LivePeer peer({.clip = 30s, .video_speed = speed, .audio_speed = speed});
  ASSERT_TRUE(kms.join("me", peer));

  peer.start(rtc::Clock::now());
  perform({&peer}, 25s);
  if (too_busy(peer)) GTEST_SKIP() << "the machine is too busy to measure";

  const auto pictures = picture_delays(peer, peer, 2s);
  report("pictures", pictures);
  EXPECT_NEAR(pictures.part(0.8, 1).median(), pictures.part(0, 0.2).median(), 25);
  EXPECT_GE(pictures.count(), static_cast<size_t>(22 * 30 * GetParam() * 0.98));
  const auto beeps = beep_delays(peer, peer, "OPUS");
  report("beeps", beeps);
  EXPECT_NEAR(beeps.part(0.7, 1).median(), beeps.part(0.1, 0.4).median(), 25);
  const auto apart = beeps_after_flashes(peer, "VP8", "OPUS");
  std::cout << "beeps after flashes, by sender reports: " << ::testing::PrintToString(apart) << " ms\n";
  EXPECT_LT(worst(apart), kMostApartMs);
}
INSTANTIATE_TEST_SUITE_P(Clocks, Drift, ::testing::Values(0.995, 1.005));

}  // namespace
}  // namespace kms::test
