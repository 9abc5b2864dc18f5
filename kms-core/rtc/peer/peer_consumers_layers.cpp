// SPDX-License-Identifier: Apache-2.0
// The part of PeerConsumers that changes from one encoding of a track to another, and pauses.
#include <algorithm>
#include <span>

#include "kms-core/rtc/peer/layer_ids.hpp"
#include "kms-core/rtc/peer/peer_consumers.hpp"
#include "kms-core/rtc/peer/switchboard.hpp"

namespace kms::rtc {

void PeerConsumers::attach(Slot& slot) {
  auto settings = settings_of(slot);
  settings.counters = slot.counters;
  switchboard_.attach(slot.source, slot.consumer, settings);
}

bool PeerConsumers::has_begun(const Slot& slot) const {
  const auto* fanout = switchboard_.fanout(slot.source->id());
  const auto* record = fanout ? fanout->find(slot.consumer) : nullptr;
  return record && record->first != ConsumerRecord::kNotStarted;
}

std::optional<LayerLimits> PeerConsumers::stuck_at(const Slot& slot, TimePoint now) const {
  const auto* fanout = switchboard_.fanout(slot.source->id());
  const auto* record = fanout ? fanout->find(slot.consumer) : nullptr;
  const auto* thinner = record ? record->thinner.get() : nullptr;
  return thinner && thinner->lacks_spatial(now) ? std::optional(thinner->limits()) : std::nullopt;
}

void PeerConsumers::set_layers(ConsumerId id, const LayerWish& wish) {
  for (auto* slots : {&waiting_, &slots_}) {
    for (auto& slot : *slots) {
      if (is_same(slot.consumer, id)) slot.layers = wish;
      if (is_same(slot.heir.consumer, id)) slot.heir.layers = wish;
    }
  }
}

bool PeerConsumers::changes_layer(const Slot& slot) { return is_same(slot.heir.consumer, slot.consumer); }

void PeerConsumers::change_layer(Slot& slot, const SourceRef& encoding, const LayerLimits& limits) {
  if (slot.heir.consumer != 0 && !changes_layer(slot)) return;  // another consumer is about to have the line
  if (slot.heir.consumer != 0 && encoding->id() == slot.heir.source->id()) {
    slot.heir.limits = limits;
    return switchboard_.set_layers(encoding, slot.heir.consumer, limits);
  }
  drop_heir(slot);
  if (encoding->id() == slot.source->id()) {
    slot.limits = limits;
    return switchboard_.set_layers(encoding, slot.consumer, limits);
  }
  if (!slot.halted && target_.open && has_begun(slot)) {
    auto wish = wish_of(slot);
    wish.source = encoding;
    wish.consumer = other_of(slot.consumer);
    wish.limits = limits;
    return inherit(slot, wish);
  }
  if (!slot.halted) slot.position = switchboard_.detach(slot.source, slot.consumer);
  slot.source = encoding;
  slot.limits = limits;
  if (!slot.halted) attach(slot);
}

// Rates tell which is smaller; while none is known, the order in which the peer named them. What has never
// come, where others have, is what its sender's way does not bear, and no small one. What is not to be had
// comes last.
void PeerConsumers::sort_encodings(std::vector<SourceRef>& encodings) {
  const auto smaller = [](const SourceRef& a, const SourceRef& b) {
    if (a->offered() != b->offered()) return a->offered();
    const bool came = a->most_bps() > 0;
    if (came != (b->most_bps() > 0)) return came;
    return a->most_bps() != b->most_bps() ? a->most_bps() < b->most_bps() : a->id() < b->id();
  };
  if (!std::ranges::is_sorted(encodings, smaller)) std::ranges::sort(encodings, smaller);
}

// None above what the wish allows: to take it for a moment would have its sender make it.
void PeerConsumers::choose_first(Slot& wish) {
  if (wish.encodings.size() < 2 || std::ranges::any_of(wish.encodings, &SourceTrack::on_demand)) return;
  sort_encodings(wish.encodings);
  const auto most = std::min({wish.layers.preferred, wish.layers.most, wish.encodings.size() - 1});
  const auto allowed = std::span(wish.encodings).first(most + 1);
  const bool may = std::ranges::find(allowed, wish.source->id(), &SourceTrack::id) != allowed.end();
  if (!may) wish.source = SourceRef(allowed.back());
}

void PeerConsumers::follow_pause(Slot& slot) {
  if (slot.consumer == 0 || slot.halted == slot.layers.paused) return;
  if (slot.layers.paused) {
    drop_heir(slot);
    slot.position = switchboard_.detach(slot.source, slot.consumer);
  }
  slot.halted = slot.layers.paused;
  if (!slot.halted) attach(slot);
}

}  // namespace kms::rtc
