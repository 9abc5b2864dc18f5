// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "kms-core/bridge/jitter_buffer.hpp"

namespace kms::bridge {

// Makes whole frames of a video source's packets in order. It begins with a key frame, and after a loss
// again: what a decoder could not make sense of goes no further. One thread.
class VideoFrames {
 public:
  using Frame = std::vector<rtc::PacketRef>;

  // Takes the next packet in order. What is complete then is in frames() until the next call.
  void put(JitterBuffer::Next next);
  const std::vector<Frame>& frames() const { return complete_; }

  // Nothing goes on before the next key frame.
  bool waits_for_key_frame() const { return waiting_; }
  // Makes it so.
  void give_up();

 private:
  void finish();

  std::vector<Frame> complete_;
  Frame current_;
  bool waiting_ = true;
};

// What the sender says of how its pictures are to be turned (3GPP TS 26.114 section 7.4.5, bits R1 and R0):
// quarter turns clockwise. Nothing if the frame does not say.
std::optional<unsigned> turns_of(const VideoFrames::Frame& frame);

}  // namespace kms::bridge
