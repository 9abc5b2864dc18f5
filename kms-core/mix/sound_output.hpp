// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <span>

#include "kms-core/gst/fan_out.hpp"
#include "kms-core/rtc/local_source.hpp"

namespace kms::mix {

// One block of a mix in the forms in which it goes out.
struct MixedBlock {
  gst::Ref<GstBuffer> raw = {};
  gst::Ref<GstBuffer> encoded = {};
  std::span<const uint8_t> packet = {};  // the same as `encoded`
};

// Where a mix leaves the mixer: raw, as Opus frames, and as Opus in RTP. The mixer's thread pushes.
class SoundOutput {
 public:
  // `packets` may be null.
  SoundOutput(unsigned channels, std::unique_ptr<rtc::LocalSource> packets);

  const std::shared_ptr<gst::FanOut>& raw() const { return raw_; }
  const std::shared_ptr<gst::FanOut>& encoded() const { return encoded_; }
  rtc::SourceRef packets() const { return packets_ ? packets_->source() : nullptr; }

  // Whether somebody takes packets; nobody else knows. Any thread.
  void set_taken(bool taken) { taken_ = taken; }

  // The mixer's thread.
  bool wants_raw() const { return raw_->takers() > 0; }
  bool wants_encoded() const { return wants_packets() || encoded_->takers() > 0; }
  void push(const MixedBlock& block, uint64_t due);

 private:
  bool wants_packets() const { return packets_ && taken_; }
  uint32_t timestamp(uint64_t due);

  const std::shared_ptr<gst::FanOut> raw_ = std::make_shared<gst::FanOut>();
  const std::shared_ptr<gst::FanOut> encoded_ = std::make_shared<gst::FanOut>();
  const std::unique_ptr<rtc::LocalSource> packets_;
  std::atomic<bool> taken_ = false;
  uint64_t first_ = 0;  // media time of the first block; the mixer's thread
};

}  // namespace kms::mix
