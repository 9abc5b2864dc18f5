// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/peer/peer_layers.hpp"

#include <algorithm>
#include <limits>

namespace kms::rtc {
namespace {

constexpr Duration kInterval = std::chrono::milliseconds(80);  // every second tick, some are early
// No key frame of the new layer has come: before the old one is ended for it (see Fanout).
constexpr Duration kLate = std::chrono::milliseconds(1500);
// More room than a layer takes has to be known before it is taken.
constexpr double kLead = 1.3;
constexpr double kKeyFrames = 1.5;
constexpr double kClearRoom = 1.5;  // times what is needed

size_t index_of(const std::vector<SourceRef>& encodings, const SourceRef& source) {
  const auto found = std::ranges::find(encodings, source->id(), &SourceTrack::id);
  return static_cast<size_t>(found - encodings.begin());
}

// All that it may get, whatever its way bears now: to rise to, and to fall back to.
void wish_for(const std::vector<SourceRef>& encodings, const LayerWish& wish, TimePoint now) {
  if (wish.paused) return;
  for (size_t i = 0; i < encodings.size() && i <= std::min(wish.preferred, wish.most); ++i) {
    encodings[i]->wish(now);
  }
}

}  // namespace

OperatingPoints PeerLayers::points_of(const Slot& slot, TimePoint now) const {
  if (slot.encodings.size() < 2) return OperatingPoints::of({&slot.source, 1}, slot.layers, now);
  const auto offered = std::ranges::count_if(slot.encodings, &SourceTrack::offered);  // they are in front
  return OperatingPoints::of(std::span(slot.encodings).first(std::max<size_t>(offered, 1)), slot.layers, now);
}

LayerStream PeerLayers::stream_of(const Choice& choice, TimePoint now) const {
  const auto& slot = *choice.slot;
  LayerStream stream;
  choice.points.describe(stream, slot.layers);
  // What is encoded here begins with what is encoded already, and stays there until it is known what the way
  // bears: each other size would have to be made for a moment.
  const bool made_here = std::ranges::any_of(slot.encodings, &SourceTrack::on_demand);
  stream.stays = made_here && !bandwidth_.is_settled(now);
  const bool begun = made_here || slot.heir.consumer != 0 || consumers_.has_begun(slot);
  const bool changes = slot.heir.consumer != 0;
  const auto& goal = changes ? slot.heir.source : slot.source;
  const auto encoding = slot.encodings.size() < 2 ? 0 : index_of(slot.encodings, goal);
  stream.now = begun ? choice.points.find(encoding, changes ? slot.heir.limits : slot.limits) : 0;
  stream.priority = slot.layers.priority;
  stream.may_rise = slot.patience.may_rise(now);
  return stream;
}

void PeerLayers::tick(TimePoint now) {
  if (now < next_) return;
  next_ = now + kInterval;
  follow_wishes(now);
  const double fixed = fixed_bps(now);
  bandwidth_.set_wanted(wanted_bps(fixed));
  const auto budget = bandwidth_.budget_bps(now);
  const double available = budget ? *budget - fixed : std::numeric_limits<double>::infinity();
  choose_layers(streams_, available);
  note_room(available, now);
  for (size_t i = 0; i < choices_.size(); ++i) follow(choices_[i], streams_[i], now);
}

// Pauses, and what there is to choose from.
void PeerLayers::follow_wishes(TimePoint now) {
  streams_.clear();
  choices_.clear();
  for (auto& slot : consumers_.mutable_slots()) {
    consumers_.follow_pause(slot);
    note_wishes(slot, now);
    const bool goes = slot.heir.consumer != 0 && !consumers_.changes_layer(slot);  // another one comes
    if (slot.consumer == 0 || !slot.choosable || slot.layers.paused || goes || !slot.source->is_video()) {
      continue;
    }
    give_up_late(slot, now);
    const Choice choice{&slot, points_of(slot, now)};
    if (choice.points.count < 2 && slot.encodings.size() < 2) {
      if (choice.points.all[0].limits != slot.limits) follow_single(choice);
      continue;
    }
    choices_.push_back(choice);
    streams_.push_back(stream_of(choice, now));
  }
}

// Smallest first from now on. An heir has those of another track.
void PeerLayers::note_wishes(Slot& slot, TimePoint now) {
  if (slot.consumer == 0) return;
  consumers_.sort_encodings(slot.encodings);
  wish_for(slot.encodings, slot.layers, now);
  consumers_.sort_encodings(slot.heir.encodings);
  wish_for(slot.heir.encodings, slot.heir.layers, now);
}

// There is nothing to choose; the wish may still be about layers that begin later.
void PeerLayers::follow_single(const Choice& choice) {
  consumers_.change_layer(*choice.slot, SourceRef(choice.slot->source), choice.points.all[0].limits);
}

// Whether those who wait would rise if they might, and if there were clearly less.
void PeerLayers::note_room(double available_bps, TimePoint now) {
  if (std::ranges::all_of(streams_, &LayerStream::may_rise)) return;
  with_less_ = streams_;
  for (auto& stream : with_less_) stream.may_rise = true;
  choose_layers(with_less_, available_bps / kClearRoom);
  for (size_t i = 0; i < choices_.size(); ++i) {
    if (streams_[i].may_rise) continue;
    choices_[i].slot->patience.note_room(with_less_[i].chosen > with_less_[i].now, now);
  }
}

// What is sent without a choice.
double PeerLayers::fixed_bps(TimePoint now) const {
  double bps = 0;
  for (const auto& slot : consumers_.slots()) {
    if (slot.consumer == 0 || slot.layers.paused) continue;
    const bool chosen =
        std::ranges::find(choices_, &slot, [](const auto& c) { return c.slot; }) != choices_.end();
    if (!chosen) bps += rate_of(*slot.source, slot.limits, now);
  }
  return bps;
}

double PeerLayers::wanted_bps(double fixed) const {
  double bps = fixed * kKeyFrames;
  for (const auto& stream : streams_) {
    double most = 0;
    for (size_t i = 0; i < stream.count && i <= std::min(stream.preferred, stream.most); ++i) {
      if (stream.layers[i].alive) most = std::max(most, stream.layers[i].bps);
    }
    bps += most * kLead;
  }
  return bps;
}

// What was to come with a key frame has not: it is taken back, and tried again later.
void PeerLayers::give_up_late(Slot& slot, TimePoint now) {
  if (consumers_.changes_layer(slot)) {
    if (now - slot.told_to_end < kLate) return;
    consumers_.change_layer(slot, slot.source, slot.limits);
  } else {
    const auto stuck = consumers_.stuck_at(slot, now);
    if (!stuck || now - slot.patience.rose_at() < kLate) return;
    consumers_.change_layer(slot, slot.source, {stuck->spatial, slot.limits.temporal});
  }
  slot.patience.on_failure(now);
}

void PeerLayers::follow(const Choice& choice, const LayerStream& stream, TimePoint now) {
  auto& slot = *choice.slot;
  const bool changes = slot.heir.consumer != 0;
  const auto& goal = changes ? slot.heir.source : slot.source;
  const auto& point = choice.points.all[stream.chosen];
  const auto& encoding = slot.encodings.size() < 2 ? slot.source : slot.encodings[point.encoding];
  const bool stays = encoding->id() == goal->id();
  if (stays && point.limits == (changes ? slot.heir.limits : slot.limits)) return;
  if (stream.chosen > stream.now) slot.patience.on_rise(now);
  const bool may_keep = stream.now <= std::min(stream.preferred, stream.most);
  if (stream.chosen < stream.now && may_keep) slot.patience.on_fall(now);
  consumers_.change_layer(slot, SourceRef(encoding), point.limits);
}

}  // namespace kms::rtc
