// SPDX-License-Identifier: Apache-2.0
#include "kms-core/bridge/jitter_buffer.hpp"

#include <algorithm>

namespace kms::bridge {

JitterBuffer::JitterBuffer(const Options& options)
    : options_(options), places_(std::max<size_t>(options.capacity, 2)) {}

// Further away than losses and late repairs are.
bool JitterBuffer::is_elsewhere(uint64_t index) const {
  const uint64_t capacity = places_.size();
  return index >= next_ + capacity || index + capacity < next_;
}

void JitterBuffer::begin_anew(uint64_t index) {
  for (auto& place : places_) place.packet = {};
  stats_.lost += waiting_;
  waiting_ = 0;
  gap_since_.reset();
  next_ = highest_ = index;
  anew_ = begun_;
  begun_ = true;
}

void JitterBuffer::put(rtc::PacketRef packet, TimePoint now) {
  const uint64_t index = packet->index;
  ++stats_.packets;
  if (!begun_ || is_elsewhere(index)) begin_anew(index);
  if (index < next_) {
    ++stats_.late;
    return;
  }
  auto& mine = place(index);
  if (mine.packet) return;  // it is here already
  mine = {std::move(packet), now};
  ++waiting_;
  highest_ = std::max(highest_, index);
}

// The gap in front was discovered when the first of those behind it came.
void JitterBuffer::see_gap() {
  if (gap_since_) return;
  auto since = TimePoint::max();
  for (const auto& place : places_) {
    if (place.packet) since = std::min(since, place.came);
  }
  gap_since_ = since;
}

uint64_t JitterBuffer::first_waiting() const {
  uint64_t index = next_;
  while (!places_[index % places_.size()].packet) ++index;
  return index;
}

bool JitterBuffer::pop(Next& out, TimePoint now, Duration patience) {
  if (waiting_ == 0) return false;
  out.lost = 0;
  out.waited = Duration(0);
  if (!place(next_).packet) {
    see_gap();
    const bool no_room = highest_ - next_ >= places_.size() / 2;
    if (now < *gap_since_ + patience && !no_room) return false;
    const auto found = first_waiting();
    out.lost = found - next_;
    out.waited = now - *gap_since_;
    stats_.lost += out.lost;
    next_ = found;
  }
  gap_since_.reset();
  out.packet = std::exchange(place(next_).packet, {});
  out.anew = std::exchange(anew_, false);
  ++next_;
  --waiting_;
  return true;
}

std::optional<JitterBuffer::TimePoint> JitterBuffer::deadline() const {
  if (!gap_since_) return std::nullopt;
  return *gap_since_ + options_.patience;
}

}  // namespace kms::bridge
