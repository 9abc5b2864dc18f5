// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gst/gst.h>

#include <memory>
#include <mutex>
#include <optional>

#include "kms-core/gst/sound_time.hpp"
#include "kms-core/rtc/local_source.hpp"
#include "kms-core/rtc/rtp/rtp_view.hpp"

namespace kms::bridge {

// What the streaming thread of a GstToRtp does with the packets of its payloader: gives them to the local
// source, a frame at a time. The RTP time stamps of sound count its samples, and what is missing of it; when
// it was captured drifts against them as its sender's clock does, which the sender reports then say.
class OutgoingTrack {
 public:
  explicit OutgoingTrack(rtc::Codec codec) : codec_(codec) {}

  // Control loop.
  void open(std::unique_ptr<rtc::LocalSource> source);
  void close();
  void offer(double bps);

  // Streaming thread: one RTP packet; after the last one of those that the payloader gave together.
  void send(GstBuffer* packet);
  void end_batch();

 private:
  struct Times {
    uint32_t timestamp;
    rtc::TimePoint captured;
  };
  Times times_of(GstClockTime stamp, const rtc::RtpView& packet);
  Times sound_times(GstClockTime stamp, const rtc::RtpView& packet);

  const rtc::Codec codec_;
  // Held for single calls of the source; a control loop waits for no more than that.
  std::mutex mutex_;
  std::unique_ptr<rtc::LocalSource> source_;  // guarded by mutex_
  // Streaming thread:
  bool whole_ = false;  // the last packet ended its frame
  rtc::TimePoint captured_{};
  gst::SoundTime sound_;
  std::optional<uint32_t> next_timestamp_;  // of sound
  rtc::Duration length_{};                  // of the last packet of sound
};

}  // namespace kms::bridge
