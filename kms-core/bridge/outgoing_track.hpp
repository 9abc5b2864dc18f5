// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gst/gst.h>

#include <memory>
#include <mutex>

#include "kms-core/rtc/local_source.hpp"

namespace kms::bridge {

// What the streaming thread of a GstToRtp does with the packets of its payloader: gives them to the local
// source, a frame at a time.
class OutgoingTrack {
 public:
  explicit OutgoingTrack(rtc::Codec codec) : codec_(codec) {}

  // Control loop.
  void open(std::unique_ptr<rtc::LocalSource> source);
  void close();

  // Streaming thread: one RTP packet; after the last one of those that the payloader gave together.
  void send(GstBuffer* packet);
  void end_batch();

 private:
  const rtc::Codec codec_;
  // Held for single calls of the source; a control loop waits for no more than that.
  std::mutex mutex_;
  std::unique_ptr<rtc::LocalSource> source_;  // guarded by mutex_
  // Streaming thread:
  bool whole_ = false;  // the last packet ended its frame
  rtc::TimePoint captured_{};
};

}  // namespace kms::bridge
