// SPDX-License-Identifier: Apache-2.0
#include "kms-core/graph/speaker_watch.hpp"

namespace kms::graph {
namespace {

// Between two packets, and on a busy network.
constexpr std::chrono::milliseconds kStillSpeaks{150};

// What a port's packets say of their loudness; null: it has none, or they do not.
const rtc::AudioLevel* level_of(const SourcePort& port) {
  if (port.kind != v1::MEDIA_KIND_AUDIO || !port.packets || port.packets->ended()) return nullptr;
  return port.packets->level();
}

DominantSpeaker::Voice voice_of(const PortRef& who, const rtc::AudioLevel& level, rtc::TimePoint now) {
  const auto spoke = level.spoke_at();
  return {who, level.power(now), spoke && now - *spoke < kStillSpeaks};
}

}  // namespace

bool SpeakerWatch::look(const Slots& slots, rtc::TimePoint now) {
  voices_.clear();
  for (const auto& [id, slot] : slots) {
    if (!slot->admitted() || slot->closing() || !slot->kind().endpoint) continue;
    for (const auto& port : slot->element().ports().sources) {
      const auto* level = level_of(port);
      if (level != nullptr) voices_.push_back(voice_of({id, port.name}, *level, now));
    }
  }
  return floor_.look(voices_, now);
}

bool SpeakerWatch::follow(const Slots& slots) {
  return floor_.keep([&](const PortRef& one) {
    const auto slot = slots.find(one.element);
    if (slot == slots.end() || !slot->second->filled() || slot->second->closing()) return false;
    const auto* port = slot->second->source(one.port);
    return port != nullptr && level_of(*port) != nullptr;
  });
}

}  // namespace kms::graph
