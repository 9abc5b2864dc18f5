// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/peer/wanted_encodings.hpp"

#include <algorithm>

namespace kms::rtc {
namespace {

using Entries = WantedEncodings::Entries;

bool has_begun(const std::unique_ptr<PeerReceiver::Entry>& entry) {
  return entry->stream.counters()->packets() > 0;
}

// Those of one m-line stand together.
Entries first_track(Entries entries) {
  const auto& mid = entries.front()->line.mid;
  const auto end = std::ranges::find_if(entries, [&](const auto& each) { return each->line.mid != mid; });
  return entries.first(static_cast<size_t>(end - entries.begin()));
}

}  // namespace

void WantedEncodings::look_at(Entries entries, TimePoint now, const Tell& tell) {
  std::erase_if(tracks_, [&](const Track& track) {
    return std::ranges::none_of(entries, [&](const auto& each) { return each->line.mid == track.mid; });
  });
  while (!entries.empty()) {
    const auto its = first_track(entries);
    entries = entries.subspan(its.size());
    if (its.front()->stream.is_video()) follow(track_of(its, now), its, now, tell);
  }
}

// An encoding that is new to the track has as much patience as the others had.
WantedEncodings::Track& WantedEncodings::track_of(Entries entries, TimePoint now) {
  const auto found = std::ranges::find(tracks_, entries.front()->line.mid, &Track::mid);
  auto& track = found != tracks_.end() ? *found : tracks_.emplace_back(Track{entries.front()->line.mid});
  const auto same = [](const Encoding& known, const auto& entry) { return known.rid == entry->line.rid; };
  if (std::ranges::equal(track.encodings, entries, same)) return track;
  std::vector<Encoding> all;
  for (const auto& entry : entries) {
    const auto known = std::ranges::find(track.encodings, entry->line.rid, &Encoding::rid);
    all.push_back(known != track.encodings.end() ? *known : Encoding{entry->line.rid, true, now});
  }
  track.encodings = std::move(all);
  return track;
}

void WantedEncodings::follow(Track& track, Entries entries, TimePoint now, const Tell& tell) {
  if (!track.begun) {
    if (std::ranges::none_of(entries, has_begun)) return;
    track.begun = true;
    for (auto& each : track.encodings) each.latest = now;
  }
  bool changed = false;
  for (size_t i = 0; i < entries.size(); ++i) {
    const auto& stream = entries[i]->stream;
    auto& one = track.encodings[i];
    one.latest = stream.is_taken() ? now : std::max(one.latest, stream.counters()->wished_at());
    const bool wanted = now - one.latest < kPatience;
    changed = changed || wanted != one.wanted;
    one.wanted = wanted;
  }
  if (!changed || !tell) return;
  EncodingsWanted all{track.mid, {}};
  for (const auto& each : track.encodings) all.encodings.push_back({each.rid, each.wanted});
  tell(all);
}

bool WantedEncodings::is_wanted(const ReceiveLine& line) const {
  const auto track = std::ranges::find(tracks_, line.mid, &Track::mid);
  if (track == tracks_.end()) return true;
  const auto one = std::ranges::find(track->encodings, line.rid, &Encoding::rid);
  return one == track->encodings.end() || one->wanted;
}

}  // namespace kms::rtc
