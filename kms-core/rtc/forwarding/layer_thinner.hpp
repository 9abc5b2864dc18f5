// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>

#include "kms-core/rtc/forwarding/outgoing.hpp"
#include "kms-core/rtc/forwarding/temporal_pattern.hpp"

namespace kms::rtc {

// Lets a consumer have some layers of a source and not the others, as if the source had no others: numbers of
// packets, and of pictures of VP8, close up over what is left out. Picture numbers of VP9 stay, because
// pictures name others by them.
//
// It goes down at the next picture, and up where a receiver can follow: at a key frame to all that is wanted;
// in VP8 by one temporal layer at a picture of that layer that uses nothing but the base (RFC 7741: Y); in
// VP9 to any temporal layer behind a picture that says so (RFC 9628: U). Where nothing of the kind comes, a
// key frame is asked for.
//
// Of what was lost before it came it is often not known which layer it was of. Where the packets around show
// that nothing wanted can be missing, the gap is closed; else its numbers are kept free, and what comes later
// is sent under them, or empty if it is not wanted. Whole pictures of VP8 that were not of the base are
// judged by TemporalPattern: Chromium takes no picture of a higher layer, until one that uses the base alone,
// as long as a picture's number is missing before it. One thread; allocates nothing after it was made.
class LayerThinner {
 public:
  // What is sent from the source's packet `first` on goes through this one; it gets the number first +
  // offset.
  struct Beginning {
    uint64_t first = 0;
    uint64_t offset = 0;
    PictureShift pictures = {};
  };
  explicit LayerThinner(Codec codec) : vp9_(codec == Codec::kVp9) {}

  // With a key frame.
  void begin(const Beginning& with);
  // Behind what was sent whole until now, up to the source's index `end`.
  void go_on(const Beginning& with, uint64_t end);
  // What it is to begin with, or to go over to.
  void want(const LayerLimits& limits);
  const LayerLimits& wanted() const { return wanted_; }
  // What is sent now.
  const LayerLimits& limits() const { return newest().limits; }

  // Packets come once each, mostly in order. Nothing: it is not sent.
  std::optional<Outgoing> take(const Packet& packet);
  // How a packet was sent that take() was given; nothing: it was not.
  std::optional<Outgoing> find(const Packet& packet) const;
  // Which packet of the source goes out as `index`; nothing: that was none, or long ago.
  std::optional<uint64_t> source_of(uint64_t index) const;

  // What is added to the index of the next packet, if that is sent.
  uint64_t offset() const { return newest().offset; }
  // Of the last picture, as a receiver saw them.
  PictureNumbers last_picture() const;
  // More is wanted than is sent, it comes, and only a key frame lets it in.
  bool needs_key_frame(TimePoint now) const;
  // The same of spatial layers alone.
  bool lacks_spatial(TimePoint now) const { return lacks_spatial_ && lacks(now); }

 private:
  bool lacks(TimePoint now) const;
  // Indices of the source that go out one after the other, or may.
  struct Range {
    uint64_t begin = 0;
    uint64_t end = 0;
    uint64_t offset = 0;
    PictureShift pictures = {};
    LayerLimits limits = {};
  };
  // Some 60 pictures of three spatial layers a second: what may be asked for again, and more.
  static constexpr size_t kRanges = 128;

  Range& newest() { return ranges_[newest_ % kRanges]; }
  const Range& newest() const { return ranges_[newest_ % kRanges]; }
  Range& next_range(uint64_t begin);
  void skip(uint64_t packets, uint16_t pictures);
  void pass_gap(const Packet& packet);
  bool may_lack(const Packet& packet) const;
  bool may_lack_end() const;
  std::optional<uint16_t> lost_pictures(const Packet& packet) const;
  void change_limits(const Packet& packet);
  LayerLimits limits_from(const Packet& packet) const;
  void note(const Packet& packet, bool sent);
  static Outgoing dressed(const Range& range, const Packet& packet);

  const bool vp9_;
  std::array<Range, kRanges> ranges_{};
  size_t newest_ = 0;
  size_t oldest_ = 0;
  uint64_t end_ = 0;  // one after the highest of the source's that was seen
  LayerLimits wanted_;
  // Of the last packet in order.
  LayerMarks last_;
  TemporalPattern pattern_;
  bool last_marker_ = true;
  bool may_rise_ = false;  // its picture and all since let higher temporal layers in
  // Of what was wanted and left out.
  TimePoint lacking_since_{};
  TimePoint lacked_at_{};
  bool lacks_spatial_ = false;
};

}  // namespace kms::rtc
