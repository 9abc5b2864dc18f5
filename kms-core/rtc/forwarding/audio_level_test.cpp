// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>

#include "kms-core/rtc/forwarding/audio_level_meter.hpp"

namespace kms::rtc {
namespace {

using std::chrono::milliseconds;

constexpr uint8_t kVoice = 0x80;
constexpr uint8_t kLoud = 20;    // dB below 0 dBov
constexpr uint8_t kHiss = 70;    // of a quiet room
constexpr uint8_t kMuted = 127;  // digital silence

// A sender of packets of 20 ms.
class AudioLevels : public ::testing::Test {
 protected:
  void say(uint8_t byte, milliseconds lasts = milliseconds(20)) {
    for (auto left = lasts; left.count() > 0; left -= milliseconds(20)) {
      now_ += milliseconds(20);
      timestamp_ += 960;
      meter_.on_packet(byte, timestamp_, now_);
    }
  }
  double dbov() const { return 10 * std::log10(level_.power(now_)); }

  AudioLevel level_;
  AudioLevelMeter meter_{level_, 48'000};
  TimePoint now_ = TimePoint{} + std::chrono::seconds(100);
  uint32_t timestamp_ = 0xffff'f000;  // wraps soon
};

TEST_F(AudioLevels, NothingIsKnownBeforeAPacketSaysIt) {
  EXPECT_FALSE(level_.known());
  EXPECT_EQ(level_.amplitude(now_), 0.0);
  EXPECT_FALSE(level_.spoke_at());
  EXPECT_FALSE(meter_.take_onset());
}

TEST_F(AudioLevels, TheMeanFollowsWhatIsSaidWithinATenthOfASecond) {
  say(kVoice | kLoud, milliseconds(500));
  EXPECT_NEAR(dbov(), -20, 0.1);
  EXPECT_NEAR(level_.amplitude(now_), 0.1, 0.002);

  say(kHiss, milliseconds(100));
  EXPECT_LT(dbov(), -23);
  say(kHiss, milliseconds(900));
  EXPECT_NEAR(dbov(), -60, 11);  // the room's hiss, and little of the word before
}

TEST_F(AudioLevels, FullScaleIsOneAndSilenceNothing) {
  say(kVoice | 0, milliseconds(500));
  EXPECT_NEAR(level_.amplitude(now_), 1.0, 1e-6);
  EXPECT_LE(level_.amplitude(now_), 1.0);
  say(kMuted, std::chrono::seconds(5));
  EXPECT_LT(level_.amplitude(now_), 1e-5);
}

// With DTX packets come when something changes, and say nothing of the time in between.
TEST_F(AudioLevels, APauseCountsAsLongAsItWasNotAsItsPackets) {
  say(kVoice | kLoud, milliseconds(500));

  timestamp_ += 48'000;
  say(kHiss);

  EXPECT_NEAR(dbov(), -kHiss, 0.1);
}

TEST_F(AudioLevels, WhoSendsNothingIsNotHeard) {
  say(kVoice | kLoud, milliseconds(500));
  now_ += AudioLevel::kFresh;
  EXPECT_EQ(level_.amplitude(now_), 0.0);
  EXPECT_TRUE(level_.known());
}

TEST_F(AudioLevels, AWordBeginsToBeSpokenOnce) {
  say(kHiss, milliseconds(100));
  EXPECT_FALSE(meter_.speaks());
  EXPECT_FALSE(meter_.take_onset());

  say(kVoice | kLoud, milliseconds(60));
  EXPECT_TRUE(meter_.speaks());
  EXPECT_EQ(level_.spoke_at(), now_);
  EXPECT_TRUE(meter_.take_onset());
  EXPECT_FALSE(meter_.take_onset());

  // Between two words.
  say(kHiss, milliseconds(800));
  say(kVoice | kLoud, milliseconds(60));
  EXPECT_FALSE(meter_.take_onset());

  say(kHiss, milliseconds(1800));
  EXPECT_FALSE(meter_.speaks());
  say(kVoice | kLoud, milliseconds(60));
  EXPECT_TRUE(meter_.take_onset());
}

TEST_F(AudioLevels, NoiseWithoutTheVoiceFlagOfWhoSetsItIsNoSpeech) {
  say(kVoice | kLoud, milliseconds(100));
  say(kLoud, milliseconds(100));  // a keyboard
  EXPECT_FALSE(meter_.speaks());
}

TEST_F(AudioLevels, WhoNeverSetsTheVoiceFlagIsHeardByLoudnessAlone) {
  say(kLoud, milliseconds(100));
  EXPECT_TRUE(meter_.speaks());
}

TEST_F(AudioLevels, LoudnessOutlastsThePausesOfASentence) {
  say(kVoice | kLoud, std::chrono::seconds(2));
  const float spoken = meter_.loudness();

  say(kHiss, milliseconds(300));
  EXPECT_GT(meter_.loudness(), spoken / 2);
  say(kHiss, std::chrono::seconds(5));
  EXPECT_LT(meter_.loudness(), spoken / 100);
}

TEST_F(AudioLevels, ASourceThatBeginsAnewMayCountFromAnywhere) {
  say(kVoice | kLoud, milliseconds(500));
  meter_.begin_anew();
  timestamp_ = 7;
  say(kHiss);
  EXPECT_NEAR(dbov(), -kHiss, 0.1);
}

}  // namespace
}  // namespace kms::rtc
