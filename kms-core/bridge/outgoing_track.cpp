// SPDX-License-Identifier: Apache-2.0
#include "kms-core/bridge/outgoing_track.hpp"

#include <array>

#include "kms-core/rtc/forwarding/packet.hpp"
#include "kms-core/rtc/rtp/rtp_view.hpp"

namespace kms::bridge {

void OutgoingTrack::open(std::unique_ptr<rtc::LocalSource> source) {
  const std::lock_guard lock(mutex_);
  source_ = std::move(source);
}

void OutgoingTrack::close() {
  const std::lock_guard lock(mutex_);
  source_.reset();
}

void OutgoingTrack::send(GstBuffer* packet) {
  std::array<uint8_t, rtc::Packet::kMaxPayload + 64> bytes;
  const auto size = gst_buffer_extract(packet, 0, bytes.data(), bytes.size());
  const auto view = rtc::RtpView::parse({bytes.data(), size});
  if (!view || size < gst_buffer_get_size(packet)) return;  // a frame of sound that no packet can hold
  const auto time = GST_BUFFER_PTS(packet);
  if (GST_CLOCK_TIME_IS_VALID(time))
    captured_ = rtc::TimePoint(std::chrono::nanoseconds(static_cast<int64_t>(time)));
  whole_ = view->marker() || rtc::is_audio(codec_);
  const std::lock_guard lock(mutex_);
  if (source_) source_->push({view->payload(), view->timestamp(), view->marker(), captured_});
}

void OutgoingTrack::end_batch() {
  const std::lock_guard lock(mutex_);
  if (source_ && whole_) source_->flush();
}

}  // namespace kms::bridge
