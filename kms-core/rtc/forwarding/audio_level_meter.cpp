// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/forwarding/audio_level_meter.hpp"

#include <algorithm>
#include <array>

namespace kms::rtc {
namespace {

// Time constants, seconds: of the mean, and of loudness that rises and falls.
constexpr float kMean = 0.1F;
constexpr float kRise = 0.2F;
constexpr float kFall = 1.0F;
constexpr uint8_t kVoice = 0x80;
constexpr uint8_t kLevel = 0x7f;

// By -dBov.
constexpr auto kPowers = [] {
  constexpr double kOneLess = 0.7943282347242815;  // 1 dB
  std::array<float, kLevel + 1> powers{};
  double power = 1;
  for (auto& each : powers) {
    each = static_cast<float>(power);
    power *= kOneLess;
  }
  return powers;
}();

void approach(float& value, float target, float part) { value += (target - value) * std::min(part, 1.0F); }

}  // namespace

AudioLevelMeter::AudioLevelMeter(AudioLevel& level, uint32_t clock_rate)
    : level_(level), seconds_per_tick_(1.0F / static_cast<float>(clock_rate)) {}

// Counted in the sender's time: packets come in bursts, and in a pause (DTX) seldom.
void AudioLevelMeter::on_packet(uint8_t said, uint32_t timestamp, TimePoint arrived) {
  const float power = kPowers[said & kLevel];
  const float passed = begun_ ? static_cast<float>(timestamp - timestamp_) * seconds_per_tick_ : kFall;
  begun_ = true;
  timestamp_ = timestamp;
  approach(power_, power, passed / kMean);
  approach(loudness_, power, passed / (power > loudness_ ? kRise : kFall));
  level_.set(power_, arrived);
  note_speech((said & kVoice) != 0, arrived);
}

void AudioLevelMeter::note_speech(bool voice, TimePoint arrived) {
  flags_ = flags_ || voice;
  speaks_ = (voice || !flags_) && power_ >= kSpeech;
  if (!speaks_) return;
  const auto before = level_.spoke_at();
  onset_ = onset_ || !before || arrived - *before >= kRest;
  level_.set_spoke_at(arrived);
}

}  // namespace kms::rtc
