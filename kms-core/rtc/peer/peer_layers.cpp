// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/peer/peer_layers.hpp"

#include <algorithm>
#include <limits>

namespace kms::rtc {
namespace {

constexpr Duration kInterval = std::chrono::milliseconds(100);
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

}  // namespace

LayerStream PeerLayers::stream_of(const Slot& slot, TimePoint now) const {
  LayerStream stream;
  const auto offered = std::ranges::count_if(slot.encodings, &SourceTrack::offered);  // they are in front
  stream.count = std::min(static_cast<size_t>(offered), LayerStream::kMostLayers);
  for (size_t i = 0; i < stream.count; ++i) {
    stream.layers[i] = {slot.encodings[i]->bps(), slot.encodings[i]->comes(now)};
  }
  const auto& goal = slot.heir.consumer != 0 ? slot.heir.source : slot.source;
  // What is encoded here begins with what is encoded already, and stays there until it is known what the way
  // bears: each other size would have to be made for a moment.
  const bool made_here = std::ranges::any_of(slot.encodings, &SourceTrack::on_demand);
  stream.stays = made_here && !bandwidth_.is_settled(now);
  const bool begun = made_here || slot.heir.consumer != 0 || consumers_.has_begun(slot);
  stream.now = begun ? std::min(index_of(slot.encodings, goal), stream.count - 1) : 0;
  stream.preferred = slot.layers.preferred;
  stream.most = slot.layers.most;
  stream.priority = slot.layers.priority;
  stream.may_rise = slot.patience.may_rise(now);
  return stream;
}

void PeerLayers::tick(TimePoint now) {
  if (now < next_) return;
  next_ = now + kInterval;
  streams_.clear();
  slots_.clear();
  const double fixed = fixed_bps();
  for (auto& slot : consumers_.mutable_slots()) {
    consumers_.follow_pause(slot);
    const bool goes = slot.heir.consumer != 0 && !consumers_.changes_layer(slot);  // another one comes
    if (slot.consumer == 0 || slot.encodings.size() < 2 || slot.layers.paused || goes) continue;
    consumers_.sort_encodings(slot);
    give_up_late(slot, now);
    slots_.push_back(&slot);
    streams_.push_back(stream_of(slot, now));
  }
  bandwidth_.set_wanted(wanted_bps(fixed));
  const auto budget = bandwidth_.budget_bps(now);
  const double available = budget ? *budget - fixed : std::numeric_limits<double>::infinity();
  choose_layers(streams_, available);
  note_room(available, now);
  for (size_t i = 0; i < slots_.size(); ++i) follow(*slots_[i], streams_[i], now);
}

// Whether those who wait would rise if they might, and if there were clearly less.
void PeerLayers::note_room(double available_bps, TimePoint now) {
  if (std::ranges::all_of(streams_, &LayerStream::may_rise)) return;
  with_less_ = streams_;
  for (auto& stream : with_less_) stream.may_rise = true;
  choose_layers(with_less_, available_bps / kClearRoom);
  for (size_t i = 0; i < slots_.size(); ++i) {
    if (streams_[i].may_rise) continue;
    slots_[i]->patience.note_room(with_less_[i].chosen > with_less_[i].now, now);
  }
}

// What is sent without a choice.
double PeerLayers::fixed_bps() const {
  double bps = 0;
  for (const auto& slot : consumers_.slots()) {
    const bool sent = slot.consumer != 0 && !slot.layers.paused;
    if (sent && slot.encodings.size() < 2) bps += slot.source->bps();
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

void PeerLayers::give_up_late(Slot& slot, TimePoint now) {
  if (!consumers_.changes_layer(slot) || now - slot.told_to_end < kLate) return;
  consumers_.change_layer(slot, slot.source);
  slot.patience.on_failure(now);
}

void PeerLayers::follow(Slot& slot, const LayerStream& stream, TimePoint now) {
  const auto& goal = slot.heir.consumer != 0 ? slot.heir.source : slot.source;
  if (stream.chosen >= slot.encodings.size() || slot.encodings[stream.chosen]->id() == goal->id()) return;
  if (stream.chosen > stream.now) slot.patience.on_rise(now);
  if (stream.chosen < stream.now) slot.patience.on_fall(now);
  consumers_.change_layer(slot, slot.encodings[stream.chosen]);
}

}  // namespace kms::rtc
