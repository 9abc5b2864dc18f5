// SPDX-License-Identifier: Apache-2.0
#include "kms-core/bridge/incoming_track.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "kms-core/bridge/rtp_chains.hpp"
#include "kms-core/rtc/wire/bytes.hpp"

namespace kms::bridge {
namespace {

using std::chrono::milliseconds;

constexpr size_t kHeaderSize = 12;
constexpr uint32_t kSsrc = 0x6b6d73;  // one for all: nobody sees it but the depayloader
constexpr milliseconds kAskInterval{500};
// So many frames go into a depayloader before one has to come out.
constexpr unsigned kMostTries = 3;

// Nobody is asked to send sound again: what waits, waits for what came in another order.
constexpr milliseconds kMostSoundWaits{40};
// Of what may fill a gap all has been looked at before it is given up.
constexpr std::chrono::hours kNoEnd{1};

rtc::Duration patience_for(rtc::Codec codec, rtc::Duration patience) {
  return rtc::is_audio(codec) ? std::min<rtc::Duration>(patience, kMostSoundWaits) : patience;
}

size_t capacity_for(rtc::Codec codec) { return rtc::is_audio(codec) ? 128 : 1024; }

GstClockTime nanoseconds(rtc::Duration duration) {
  return static_cast<GstClockTime>(std::chrono::nanoseconds(duration).count());
}

GstClockTime media_time(rtc::TimePoint time) { return nanoseconds(time.time_since_epoch()); }

// Copied: at a packet's size that costs no more than to wrap it, and what waits downstream, or stays there,
// keeps none of the RTC thread's packets.
gst::Ref<GstBuffer> rtp_buffer(const rtc::Packet& packet, bool marker, uint16_t sequence) {
  const auto media = packet.media();
  auto* buffer = gst_buffer_new_allocate(nullptr, kHeaderSize + media.size(), nullptr);
  GstMapInfo map;
  gst_buffer_map(buffer, &map, GST_MAP_WRITE);
  map.data[0] = 0x80;
  map.data[1] = static_cast<uint8_t>((marker ? 0x80 : 0) | kPayloadType);
  rtc::store_u16(map.data + 2, sequence);
  rtc::store_u32(map.data + 4, packet.timestamp);
  rtc::store_u32(map.data + 8, kSsrc);
  std::memcpy(map.data + kHeaderSize, media.data(), media.size());
  gst_buffer_unmap(buffer, &map);
  return gst::Ref<GstBuffer>::adopt(buffer);
}

}  // namespace

IncomingTrack::IncomingTrack(rtc::Codec codec, std::shared_ptr<const gst::FanOut> fan_out,
                             rtc::Duration patience)
    : codec_(codec),
      fan_out_(std::move(fan_out)),
      patience_(patience_for(codec, patience)),
      order_({patience_, capacity_for(codec)}),
      sound_(codec) {}

RtpToGst::Stats IncomingTrack::stats() const { return {packets_, lost_, late_, concealed_, waited_us_}; }

std::optional<rtc::TimePoint> IncomingTrack::work(gst::PushSource& out, rtc::TimePoint now) {
  for (auto packet = taps_.pop(); packet; packet = taps_.pop()) {
    order_.put(std::move(packet), now);
    drain(out, now, kNoEnd);  // what is missing may wait in the tap, where this thread was held up
  }
  if (!rtc::is_audio(codec_)) go_over(now);
  drain(out, now, patience_);
  if (!rtc::is_audio(codec_)) check_key_frame(now);
  packets_ = order_.stats().packets;
  lost_ = order_.stats().lost;
  late_ = order_.stats().late;
  return order_.deadline();
}

// Another encoding begins where the one before it is, with a key frame.
void IncomingTrack::go_over(rtc::TimePoint now) {
  auto packet = taps_.begin_of_next(now);
  if (!packet) return;
  order_.begin_anew(packet->index);
  video_ = {};
  taps_.go_over();
  changed_ = true;
  order_.put(std::move(packet), now);
}

// What is dropped up to the next key frame anyway is not waited for.
void IncomingTrack::drain(gst::PushSource& out, rtc::TimePoint now, rtc::Duration patience) {
  JitterBuffer::Next next;
  const auto waits = [&] {
    const bool for_nothing = !rtc::is_audio(codec_) && video_.waits_for_key_frame();
    return for_nothing && patience != kNoEnd ? rtc::Duration(0) : patience;
  };
  while (order_.pop(next, now, waits())) {
    if (next.lost > 0) waited_us_ = static_cast<uint64_t>(next.waited / std::chrono::microseconds(1));
    if (rtc::is_audio(codec_)) {
      hand_on_sound(out, next);
    } else {
      hand_on_video(out, std::move(next));
    }
  }
}

void IncomingTrack::hand_on_sound(gst::PushSource& out, const JitterBuffer::Next& next) {
  for (const auto& piece : sound_.missing_before(next)) {
    auto* gap = gst_event_new_gap(media_time(piece.begin), nanoseconds(piece.length));
    gst_event_set_gap_flags(gap, GST_GAP_FLAG_MISSING_DATA);
    out.push_event(gap);
    ++concealed_;
  }
  sequence_ = static_cast<uint16_t>(sequence_ + next.lost + (next.anew ? 1 : 0));
  push(out, {*next.packet, next.packet->captured, next.packet->marker});
}

void IncomingTrack::hand_on_video(gst::PushSource& out, JitterBuffer::Next next) {
  if (next.lost > 0 || next.anew) ++sequence_;  // the depayloader sees that there is a gap
  const bool waited = video_.waits_for_key_frame();
  video_.put(std::move(next));
  if (waited && !video_.waits_for_key_frame()) {
    frames_before_ = fan_out_->frames();
    tried_ = 0;
  }
  for (const auto& frame : video_.frames()) push_frame(out, frame);
}

void IncomingTrack::push_frame(gst::PushSource& out, const VideoFrames::Frame& frame) {
  tell_turns(out, turns_of(frame).value_or(turns_));
  auto captured = frame.front()->captured;
  // Each encoding has sender reports of its own, and what was captured at once comes out a little apart.
  if (changed_) captured = std::max<rtc::TimePoint>(captured, latest_ + milliseconds(1));
  latest_ = captured;
  const auto pieces = layers_.cut(frame);
  const bool whole = pieces.size() == frame.size();
  for (const auto& packet : pieces) {
    push(out, {*packet, captured, packet->marker || (!whole && &packet == &pieces.back())});
  }
  if (fan_out_->frames() == frames_before_) ++tried_;
}

void IncomingTrack::push(gst::PushSource& out, const Piece& piece) {
  const auto sequence = sequence_++;
  if (piece.packet.media().empty()) return;  // nothing but padding
  auto buffer = rtp_buffer(piece.packet, piece.marker, sequence);
  GST_BUFFER_PTS(buffer.get()) = media_time(piece.captured);
  if (rtc::is_audio(codec_)) GST_BUFFER_DURATION(buffer.get()) = nanoseconds(sound_.length());
  out.push(std::move(buffer));
}

void IncomingTrack::tell_turns(gst::PushSource& out, unsigned turns) {
  constexpr std::array kNames{"rotate-0", "rotate-90", "rotate-180", "rotate-270"};
  if (turns == turns_) return;
  turns_ = turns;
  out.push_event(gst_event_new_tag(gst_tag_list_new(GST_TAG_IMAGE_ORIENTATION, kNames[turns], nullptr)));
}

// Asked for as long as there is none, or as what was taken for one comes to nothing (its parameter sets may
// be what was lost), or as it would let a wanted layer in.
void IncomingTrack::check_key_frame(rtc::TimePoint now) {
  if (tried_ >= kMostTries && fan_out_->frames() == frames_before_) video_.give_up();
  tried_ = video_.waits_for_key_frame() ? 0 : tried_;
  if (!video_.waits_for_key_frame() && !layers_.lacks()) {
    asked_.reset();
    return;
  }
  if (asked_ && now - *asked_ < kAskInterval) return;
  asked_ = now;
  taps_.want_key_frame();
}

}  // namespace kms::bridge
