// SPDX-License-Identifier: Apache-2.0
// What the tests' peers send can be read by who gets it: this is what other tests rely on.
#include "tests/support/live_peer/clip.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/live_peer/scene.hpp"
#include "tests/support/live_peer/stream_sender.hpp"

namespace kms::test {
namespace {

using namespace std::chrono_literals;

TEST(Scene, PicturesTellTheirNumberAndWhetherTheyFlash) {
  for (const uint16_t number : std::vector<uint16_t>{0, 1, 3, 255, 256, 40'000}) {
    const auto seen = scene::look_at(scene::paint(number));

    ASSERT_TRUE(seen) << number;
    EXPECT_EQ(seen->picture, number);
    EXPECT_EQ(seen->flash, number % 30 < 3) << number;
  }
}

TEST(Scene, KnowsADamagedPicture) {
  auto picture = scene::paint(77);
  std::fill(picture.begin(), picture.begin() + scene::kWidth * scene::kHeight / 4, uint8_t{60});

  EXPECT_FALSE(scene::look_at(picture));
}

TEST(Scene, BeepsBeginWithEachSecond) {
  const auto samples = scene::play(3500ms, 48'000);

  const auto beeps = scene::beeps_in(samples, 48'000);
  ASSERT_EQ(beeps.size(), 4u);
  for (size_t i = 0; i < beeps.size(); ++i)
    EXPECT_NEAR(static_cast<double>(beeps[i]), 48'000.0 * static_cast<double>(i), 48) << i;
  EXPECT_NEAR(scene::tone_at(samples, beeps[1], 48'000).hz, scene::kToneHz, 20);
  EXPECT_NEAR(scene::tone_at(samples, beeps[1], 48'000).loudness, 10'000 / 32'768.0 / std::sqrt(2), 0.01);
}

// As a sender's packets would arrive over a perfect network.
std::vector<Received> arrived(const std::string& codec, std::chrono::seconds length) {
  const auto& setup = codec_setup(codec);
  StreamSender sender({&scene_clip(codec, length), {}, 5, 0xffff'ff00}, {});
  std::vector<Received> stream;
  for (size_t i = 0; i < scene_clip(codec, length).packets.size(); ++i) {
    const auto out = sender.take();
    std::vector<uint8_t> packet(12);
    packet[0] = 0x80;
    packet[1] = static_cast<uint8_t>((out.marker ? 0x80 : 0) | setup.payload_type);
    rtc::store_u16(&packet[2], out.sequence);
    rtc::store_u32(&packet[4], out.timestamp);
    packet.insert(packet.end(), out.payload.begin(), out.payload.end());
    stream.push_back({{}, out.sequence, out.timestamp, 5, out.marker, packet});
  }
  return stream;
}

class PictureClip : public ::testing::TestWithParam<std::string> {};
TEST_P(PictureClip, IsSeenPictureByPicture) {
  const auto pictures = look(arrived(GetParam(), 2s), GetParam());

  ASSERT_EQ(pictures.size(), 60u);
  for (size_t i = 0; i < pictures.size(); ++i) {
    EXPECT_EQ(pictures[i].picture, i);
    EXPECT_EQ(pictures[i].time, static_cast<int64_t>(i) * 3000);
    EXPECT_EQ(pictures[i].flash, i % 30 < 3);
  }
}
INSTANTIATE_TEST_SUITE_P(Codecs, PictureClip, ::testing::Values("VP8", "H264"));

class SoundClip : public ::testing::TestWithParam<std::string> {};
TEST_P(SoundClip, IsHeardBeepByBeep) {
  const auto heard = listen(arrived(GetParam(), 3s), GetParam());

  ASSERT_EQ(heard.beeps.size(), 3u);
  for (size_t i = 1; i < heard.beeps.size(); ++i) {
    const auto rate = codec_setup(GetParam()).rtp_rate;
    EXPECT_NEAR(static_cast<double>(heard.beeps[i]) / rate, static_cast<double>(i), 0.008) << i;
    const auto tone = scene::tone_at(heard.samples, heard.places[i], heard.rate);
    EXPECT_NEAR(tone.hz, scene::kToneHz, 40);
    EXPECT_NEAR(tone.loudness, 0.216, 0.03);
  }
}
INSTANTIATE_TEST_SUITE_P(Codecs, SoundClip, ::testing::Values("OPUS", "PCMU", "PCMA", "G722"));

TEST(StreamSender, RunsAsFastAsItsClock) {
  StreamSender sender({&scene_clip("PCMU", 2s), {.samples = 1.005}, 5}, rtc::TimePoint(10s));
  for (int i = 0; i < 100 * 60; ++i) sender.take();  // two minutes

  const auto due = std::chrono::duration<double>(sender.due() - rtc::TimePoint(10s)).count();
  EXPECT_NEAR(due, 120 / 1.005, 0.001);
  EXPECT_EQ(sender.take().timestamp, 120u * 8000);
}

}  // namespace
}  // namespace kms::test
