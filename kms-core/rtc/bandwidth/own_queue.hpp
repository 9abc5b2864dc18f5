// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>

#include "kms-core/rtc/wire/clock.hpp"

namespace kms::rtc {

// The queue that our own packets make for a while where they go out faster than the way bears: all that a
// publisher sends at once after its radio was away, or a key frame. It goes as it came, and is no sign that
// the way bears less than is thought.
class OwnQueue {
 public:
  // Of what has arrived, in the order of sending. `bps`: what the way is thought to bear.
  void on_sent(TimePoint at, size_t bytes, double bps) {
    const double passed = std::max(std::chrono::duration<double>(at - at_).count(), 0.0);
    bytes_ = std::max(bytes_ - passed * bps * kLeaves / 8, 0.0) + static_cast<double>(bytes);
    at_ = std::max(at_, at);
  }
  // Whether a queue of that length is no more than our own makes, and others' packets of the same moment.
  bool explains(double queue_ms, double bps) const {
    const double own_ms = bytes_ * 8 * 1000 / bps;
    return own_ms > kFrameMs && queue_ms < own_ms * kWithOthers + kShortMs;
  }

 private:
  // Times what the way is thought to bear: a steady flow that fills it to the brim adds nothing up.
  static constexpr double kLeaves = 1.35;
  static constexpr double kFrameMs = 15;  // less is in any picture
  static constexpr double kWithOthers = 3;
  static constexpr double kShortMs = 10;

  double bytes_ = 0;
  TimePoint at_{};
};

}  // namespace kms::rtc
