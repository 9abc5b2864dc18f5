// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "kms-core/bridge/jitter_buffer.hpp"
#include "kms-core/rtc/rtp/codec.hpp"

namespace kms::bridge {

// How long the sound in a payload lasts; nothing when it cannot be told.
std::optional<rtc::Duration> duration_of(rtc::Codec codec, rtc::Bytes payload);

// Says what of a sound source is to be concealed: packets that were lost, for as long as their own time went
// on. A pause of the sender (DTX) is none, nor is what was missing for long. One thread.
class SoundTrack {
 public:
  struct Piece {
    rtc::TimePoint begin{};  // capture time
    rtc::Duration length{};
  };
  explicit SoundTrack(rtc::Codec codec) : codec_(codec) {}

  // Takes the next packet in order; the pieces missing before it, one per lost packet.
  const std::vector<Piece>& missing_before(const JitterBuffer::Next& next);
  // How long the last packet lasts; zero: not known.
  rtc::Duration length() const { return length_; }

 private:
  const rtc::Codec codec_;
  std::vector<Piece> missing_;
  std::optional<rtc::TimePoint> end_;  // of the last packet
  rtc::Duration length_{};
};

}  // namespace kms::bridge
