// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <span>

#include "kms-core/bridge/video_frames.hpp"

namespace kms::bridge {

// Leaves out the upper spatial layers of pictures (VP9, RFC 9628): less at the next picture, more with a key
// picture, since upper layers use what was left out.
class SpatialCut {
 public:
  // Any thread. The highest layer that is wanted, and the one that goes on at present.
  void want(uint8_t layer) { wanted_ = layer; }
  uint8_t limit() const { return limit_; }

  // Streaming thread. The packets of a whole picture that go on; the last of them ends it.
  std::span<const rtc::PacketRef> cut(const VideoFrames::Frame& frame);
  // More is wanted, and was there.
  bool lacks() const { return lacks_; }

 private:
  std::atomic<uint8_t> wanted_ = rtc::LayerLimits::kAll;
  std::atomic<uint8_t> limit_ = rtc::LayerLimits::kAll;
  bool lacks_ = false;
};

}  // namespace kms::bridge
