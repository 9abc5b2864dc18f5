// SPDX-License-Identifier: Apache-2.0
#include "kms-core/graph/dominant_speaker.hpp"

#include <algorithm>
#include <cmath>

namespace kms::graph {
namespace {

// Time constants of the averages, seconds.
constexpr float kNow = 0.3F;
constexpr float kLately = 1.0F;
// What speech counts: from its faintest, -50 dBov, one more per 2 dB.
constexpr float kSpeaks = 20;
constexpr float kFaintest = -50;
constexpr float kPerDb = 0.5F;
// How far ahead one must be.
constexpr float kAheadNow = 3;
constexpr float kAheadLately = 2;
// Speech of a third of a second.
constexpr float kFewWords = 8;
constexpr float kNothing = 0.5F;

float worth_of(const DominantSpeaker::Voice& voice) {
  if (!voice.speaks) return 0;
  const float dbov = 10 * std::log10(std::clamp(voice.power, 1e-12F, 1.0F));
  return kSpeaks + kPerDb * std::max(dbov - kFaintest, 0.0F);
}

void approach(float& value, float target, float part) { value += (target - value) * std::min(part, 1.0F); }

}  // namespace

void DominantSpeaker::update(const Voice& voice, float seconds) {
  auto& score = scores_[voice.who];
  const float worth = worth_of(voice);
  approach(score.now, worth, seconds / kNow);
  approach(score.lately, worth, seconds / kLately);
}

bool DominantSpeaker::is_ahead(const Score& one, const Score& other) {
  return one.lately >= kFewWords && one.now > other.now + kAheadNow &&
         one.lately > other.lately + kAheadLately;
}

// The time of a rest does not count, nor that in which the loop was held up.
bool DominantSpeaker::look(std::span<const Voice> voices, rtc::TimePoint now) {
  const auto passed = std::min<rtc::Duration>(now - looked_, (at_rest() ? 1 : 2) * kStep);
  looked_ = now;
  const bool left =
      keep([&](const PortRef& one) { return std::ranges::find(voices, one, &Voice::who) != voices.end(); });
  for (const auto& voice : voices) update(voice, std::chrono::duration<float>(passed).count());
  const auto ahead = std::ranges::max_element(
      scores_, [](const auto& a, const auto& b) { return a.second.lately < b.second.lately; });
  if (ahead == scores_.end() || ahead->first == holder_) return left;
  const auto before = holder_ ? scores_.at(*holder_) : Score{};
  if (!is_ahead(ahead->second, before)) return left;
  holder_ = ahead->first;
  return true;
}

bool DominantSpeaker::at_rest() const {
  return std::ranges::none_of(scores_, [](const auto& entry) { return entry.second.lately > kNothing; });
}

}  // namespace kms::graph
