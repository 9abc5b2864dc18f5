// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "kms-core/rtc/rtp/picture_size.hpp"
#include "kms-core/rtc/wire/clock.hpp"

namespace kms::bridge {

// Which encoding of a simulcast track is to be read: the smallest one that suffices for what is wanted, or
// else the largest that comes. Asks no clock. Control loop.
class EncodingChoice {
 public:
  using TimePoint = rtc::TimePoint;

  struct Encoding {
    rtc::PictureSize size = {};  // zeros: not known
    double bps = 0;
    bool comes = false;
  };
  // `read`: the one that is read at present, which another one takes over from with its next key frame. Call
  // it once in a while: an encoding that has ended is left, and one that does not begin is given up.
  // `wanted`: zeros for the largest.
  size_t choose(std::span<const Encoding> encodings, size_t read, const rtc::PictureSize& wanted,
                TimePoint now);
  // Which should come for that: the one that would be chosen if all did, and the smaller ones to fall back
  // to; also those whose size nobody knows yet.
  static std::vector<bool> useful(std::span<const Encoding> encodings, const rtc::PictureSize& wanted);

 private:
  void note(std::span<const Encoding> encodings, size_t read, TimePoint now);

  size_t aim_ = 0;
  bool aims_ = false;  // at another one than is read
  TimePoint aimed_at_{};
  // After what was lost, or did not begin: nothing larger before that.
  TimePoint rise_after_{};
};

}  // namespace kms::bridge
