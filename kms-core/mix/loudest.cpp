// SPDX-License-Identifier: Apache-2.0
#include "kms-core/mix/loudest.hpp"

#include <algorithm>

namespace kms::mix {
namespace {

constexpr double kRise = 0.3;  // of the difference, per block
constexpr double kFall = 0.02;
constexpr unsigned kPause = 100;     // blocks, two seconds: who was quiet for longer is not heard
constexpr double kStays = 10;        // dB by which another must be louder to take one's place
constexpr double kSpeaksLouder = 3;  // dB by which he must be louder to be the speaker
constexpr unsigned kSpeaksFor = 20;  // blocks for which he must

}  // namespace

void Loudest::follow(Voice& voice, uint8_t level) const {
  const bool loud = level <= options_.quiet && level < kSilent;
  const double now = loud ? kSilent - level : 0;
  voice.loudness += (now - voice.loudness) * (now > voice.loudness ? kRise : kFall);
  voice.quiet_for = loud ? 0 : voice.quiet_for + 1;
  voice.active = loud || (voice.active && voice.quiet_for < kPause);
}

void Loudest::hear(const std::vector<Heard>& inputs) {
  for (auto& [id, voice] : voices_) voice.there = false;
  for (const auto& each : inputs) {
    auto& voice = voices_[each.input];
    voice.there = true;
    follow(voice, each.level);
  }
  std::erase_if(voices_, [](const auto& entry) { return !entry.second.there; });
  choose();
  find_speaker();
}

void Loudest::choose() {
  std::vector<Voice*> active;
  for (auto& [id, voice] : voices_) {
    if (voice.active) active.push_back(&voice);
    if (!voice.active) voice.chosen = false;
  }
  const auto rank = [](const Voice* voice) { return voice->loudness + (voice->chosen ? kStays : 0); };
  const bool all = options_.most == 0 || active.size() <= options_.most;
  if (!all)
    std::stable_sort(active.begin(), active.end(), [&](auto* a, auto* b) { return rank(a) > rank(b); });
  for (size_t i = 0; i < active.size(); ++i) active[i]->chosen = all || i < options_.most;
}

void Loudest::find_speaker() {
  if (speaker_ && !voices_.contains(*speaker_)) speaker_.reset();
  const auto louder = [](const auto& a, const auto& b) { return a.second.loudness < b.second.loudness; };
  const auto top = std::max_element(voices_.begin(), voices_.end(), louder);
  const bool none = top == voices_.end() || !top->second.active || speaker_ == top->first;
  const bool holds = !none && speaker_ && voices_[*speaker_].active &&
                     top->second.loudness < voices_[*speaker_].loudness + kSpeaksLouder;
  if (none || holds || challenger_ != top->first) challenged_for_ = 0;
  challenger_.reset();
  if (none || holds) return;
  challenger_ = top->first;
  const unsigned needed = speaker_ ? kSpeaksFor : kSpeaksFor / 4;
  if (++challenged_for_ >= needed) speaker_ = challenger_;
}

bool Loudest::chosen(uint64_t input) const {
  const auto found = voices_.find(input);
  return found != voices_.end() && found->second.chosen;
}

}  // namespace kms::mix
