// SPDX-License-Identifier: Apache-2.0
#include "kms-core/bridge/outgoing_track.hpp"

#include <array>
#include <cmath>

#include "kms-core/bridge/sound_track.hpp"
#include "kms-core/rtc/forwarding/packet.hpp"

namespace kms::bridge {
namespace {

rtc::TimePoint time_point(GstClockTime time) {
  return rtc::TimePoint(std::chrono::nanoseconds(static_cast<int64_t>(time)));
}

uint32_t ticks_of(rtc::Duration length, rtc::Codec codec) {
  const std::chrono::duration<double> seconds = length;
  return static_cast<uint32_t>(std::llround(seconds.count() * rtc::clock_rate_of(codec)));
}

}  // namespace

void OutgoingTrack::open(std::unique_ptr<rtc::LocalSource> source) {
  const std::lock_guard lock(mutex_);
  source_ = std::move(source);
}

void OutgoingTrack::close() {
  const std::lock_guard lock(mutex_);
  source_.reset();
}

void OutgoingTrack::offer(double bps) {
  const std::lock_guard lock(mutex_);
  if (source_) source_->offer(bps);
}

void OutgoingTrack::send(GstBuffer* packet) {
  std::array<uint8_t, rtc::Packet::kMaxPayload + 64> bytes;
  const auto size = gst_buffer_extract(packet, 0, bytes.data(), bytes.size());
  const auto view = rtc::RtpView::parse({bytes.data(), size});
  if (!view || size < gst_buffer_get_size(packet)) return;  // a frame of sound that no packet can hold
  const auto times = times_of(GST_BUFFER_PTS(packet), *view);
  whole_ = view->marker() || rtc::is_audio(codec_);
  const std::lock_guard lock(mutex_);
  if (source_) source_->push({view->payload(), times.timestamp, view->marker(), times.captured});
}

OutgoingTrack::Times OutgoingTrack::times_of(GstClockTime stamp, const rtc::RtpView& packet) {
  if (rtc::is_audio(codec_)) return sound_times(stamp, packet);
  if (GST_CLOCK_TIME_IS_VALID(stamp)) captured_ = time_point(stamp);
  return {packet.timestamp(), captured_};
}

// A payloader makes time stamps of capture times, so that they would drift with them.
OutgoingTrack::Times OutgoingTrack::sound_times(GstClockTime stamp, const rtc::RtpView& packet) {
  length_ = duration_of(codec_, packet.payload()).value_or(length_);
  const auto place = sound_.next(stamp, static_cast<GstClockTime>(std::chrono::nanoseconds(length_).count()));
  const auto missing = std::chrono::nanoseconds(static_cast<int64_t>(place.gap));
  const auto timestamp = next_timestamp_.value_or(packet.timestamp()) + ticks_of(missing, codec_);
  next_timestamp_ = timestamp + ticks_of(length_, codec_);
  return {timestamp, time_point(place.begin)};
}

void OutgoingTrack::end_batch() {
  const std::lock_guard lock(mutex_);
  if (source_ && whole_) source_->flush();
}

}  // namespace kms::bridge
