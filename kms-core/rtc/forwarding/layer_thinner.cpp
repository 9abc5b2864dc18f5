// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/forwarding/layer_thinner.hpp"

#include <algorithm>

namespace kms::rtc {
namespace {

// Chromium lets a receiver of VP8 up within sixteen pictures; so much patience is for slow ones.
constexpr std::chrono::seconds kPatience{2};
// What did not come for so long is not lacking.
constexpr std::chrono::seconds kForgotten{1};

}  // namespace

void LayerThinner::begin(const Beginning& with) {
  newest_ = oldest_ = 0;
  newest() = {with.first, with.first, with.offset, with.pictures, wanted_};
  end_ = with.first;
  last_ = {};
  pattern_ = {};
  last_marker_ = true;
  may_rise_ = lacks_spatial_ = false;
  lacking_since_ = lacked_at_ = {};
}

void LayerThinner::go_on(const Beginning& with, uint64_t end) {
  begin(with);
  newest().limits = {};
  newest().end = end_ = end;
}

void LayerThinner::want(const LayerLimits& limits) {
  if (limits == wanted_) return;
  wanted_ = limits;
  if (limits.spatial > newest().limits.spatial) return;
  lacks_spatial_ = false;
  lacking_since_ = lacked_at_ = {};
}

std::optional<Outgoing> LayerThinner::take(const Packet& packet) {
  if (packet.index < end_) {
    pattern_.note(packet.layers);
    return find(packet);
  }
  if (packet.index > end_) pass_gap(packet);
  const auto& marks = packet.layers;
  const bool fresh = marks.id_mask != 0 ? !marks.same_picture(last_) : marks.starts_picture;
  if (fresh && marks.starts_picture) change_limits(packet);
  const bool sent = marks.within(newest().limits);
  note(packet, sent);
  if (!sent) {
    skip(1, fresh ? 1 : 0);
    return std::nullopt;
  }
  newest().end = ++end_;
  return dressed(newest(), packet);
}

// Packets are missing in front of this one.
void LayerThinner::pass_gap(const Packet& packet) {
  may_rise_ = false;
  if (may_lack(packet)) {
    newest().end = end_ = packet.index;
  } else {
    skip(packet.index - end_, lost_pictures(packet).value_or(0));
  }
}

// Whether something wanted may be missing in front of `packet`: the end of the picture before, the beginning
// of its own, or pictures between them.
bool LayerThinner::may_lack(const Packet& packet) const {
  const auto& marks = packet.layers;
  const auto& limits = newest().limits;
  if (!marks.known || !last_.known) return true;
  if (marks.same_picture(last_)) return may_lack_end();
  if (may_lack_end() && !last_marker_) return true;
  if (!marks.starts_picture && marks.temporal <= limits.temporal) return true;
  const auto pictures = lost_pictures(packet);
  if (!pictures) return true;
  if (*pictures == 0) return false;
  if (!marks.has_tl0 || !last_.has_tl0) return true;
  const auto bases = static_cast<uint8_t>(marks.tl0_pic_index - last_.tl0_pic_index);
  if (bases != (marks.temporal == 0 ? 1 : 0)) return true;
  if (limits.temporal == 0) return false;
  // Of VP9 nobody waits for a picture that none names, and to be wrong would cost a key frame.
  return vp9_ || !pattern_.shows_above(limits.temporal, marks, *pictures);
}

// Of the picture of the packet before.
bool LayerThinner::may_lack_end() const {
  const auto& limits = newest().limits;
  const int next = last_.spatial + (last_.ends_frame ? 1 : 0);
  return last_.temporal <= limits.temporal && next <= limits.spatial;
}

// How many are missing as a whole; nothing: the numbers do not say.
std::optional<uint16_t> LayerThinner::lost_pictures(const Packet& packet) const {
  const auto& marks = packet.layers;
  if (marks.id_mask == 0 || marks.id_mask != last_.id_mask) return std::nullopt;
  if (marks.same_picture(last_)) return 0;
  const auto lost = static_cast<uint16_t>((marks.picture_id - last_.picture_id - 1) & marks.id_mask);
  if (lost > packet.index - end_) return std::nullopt;  // its sender counts as it likes
  return lost;
}

// Leaves out the next packets, which begin or hold so many pictures.
void LayerThinner::skip(uint64_t packets, uint16_t pictures) {
  auto& range = next_range(end_ + packets);
  range.offset -= packets;
  if (!vp9_) range.pictures.picture_id = (range.pictures.picture_id - pictures) & 0x7fff;
  end_ += packets;
}

LayerThinner::Range& LayerThinner::next_range(uint64_t begin) {
  if (newest().begin != newest().end) {
    const Range before = newest();
    ++newest_;
    oldest_ = std::max(oldest_, newest_ < kRanges ? 0 : newest_ + 1 - kRanges);
    newest() = before;
  }
  newest().begin = newest().end = begin;
  return newest();
}

void LayerThinner::change_limits(const Packet& packet) {
  const auto limits = limits_from(packet);
  if (limits == newest().limits) return;
  next_range(packet.index).limits = limits;
  lacking_since_ = lacked_at_ = {};
  lacks_spatial_ = false;
}

// From this first packet of a picture on.
LayerLimits LayerThinner::limits_from(const Packet& packet) const {
  if (packet.starts_key_frame) return wanted_;
  const auto& marks = packet.layers;
  const auto now = newest().limits;
  LayerLimits next{std::min(now.spatial, wanted_.spatial), std::min(now.temporal, wanted_.temporal)};
  if (wanted_.temporal <= now.temporal) return next;
  if (vp9_ && may_rise_) next.temporal = wanted_.temporal;
  if (!vp9_ && marks.switches_up && marks.temporal == now.temporal + 1) next.temporal = marks.temporal;
  return next;
}

void LayerThinner::note(const Packet& packet, bool sent) {
  const auto& marks = packet.layers;
  if (!marks.known) return;
  const auto& limits = newest().limits;
  if (marks.temporal > limits.temporal) {
    may_rise_ = false;
  } else if (sent) {
    may_rise_ = marks.switches_up && (may_rise_ || !marks.same_picture(last_));
  }
  if (!sent && marks.within(wanted_)) {
    if (packet.arrived - lacked_at_ > kForgotten) lacking_since_ = packet.arrived;
    lacked_at_ = packet.arrived;
    lacks_spatial_ = lacks_spatial_ || marks.spatial > limits.spatial;
  }
  last_ = marks;
  pattern_.note(marks);
  last_marker_ = packet.marker;
}

Outgoing LayerThinner::dressed(const Range& range, const Packet& packet) {
  const auto& marks = packet.layers;
  const bool sent = marks.within(range.limits);
  const bool ends = packet.marker || (marks.ends_frame && marks.spatial == range.limits.spatial);
  return {packet.index + range.offset, range.pictures, sent && ends, !sent};
}

std::optional<Outgoing> LayerThinner::find(const Packet& packet) const {
  for (size_t at = newest_ + 1; at > oldest_; --at) {
    const auto& range = ranges_[(at - 1) % kRanges];
    if (packet.index >= range.end) return std::nullopt;
    if (packet.index >= range.begin) return dressed(range, packet);
  }
  return std::nullopt;
}

std::optional<uint64_t> LayerThinner::source_of(uint64_t index) const {
  for (size_t at = newest_ + 1; at > oldest_; --at) {
    const auto& range = ranges_[(at - 1) % kRanges];
    const uint64_t source = index - range.offset;
    if (source >= range.begin && source < range.end) return source;
  }
  return std::nullopt;
}

PictureNumbers LayerThinner::last_picture() const {
  PictureNumbers numbers;
  if (last_.id_mask != 0) numbers.picture_id = last_.picture_id;
  if (last_.has_tl0) numbers.tl0_pic_index = last_.tl0_pic_index;
  return numbers.moved(newest().pictures);
}

bool LayerThinner::lacks(TimePoint now) const {
  return lacked_at_ != TimePoint{} && now - lacked_at_ <= kForgotten;
}

bool LayerThinner::needs_key_frame(TimePoint now) const {
  return lacks(now) && (lacks_spatial_ || now - lacking_since_ > kPatience);
}

}  // namespace kms::rtc
