// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "kms-core/rtc/wire/clock.hpp"

namespace kms::rtc {

// How much may be sent again: a token bucket that fills with half of what a way bears. Repairs that fill a
// full queue further repair nothing, and whoever asks for more than that is broken or means harm. No timer
// inside. Lives on the peer's RTC thread.
class RepairBudget {
 public:
  static constexpr double kShare = 0.5;
  static constexpr double kDepthSeconds = 1;
  static constexpr double kLeastDepth = 20'000;  // bytes: a key frame's worth

  // Of the way.
  void set_rate(double bps) { bytes_per_second_ = bps * kShare / 8; }
  // Spends, if there is so much.
  bool take(size_t bytes, TimePoint now) {
    const double depth = std::max(bytes_per_second_ * kDepthSeconds, kLeastDepth);
    const double passed = std::chrono::duration<double>(now - filled_).count();
    room_ = std::min(room_ + std::max(passed, 0.0) * bytes_per_second_, depth);
    filled_ = now;
    if (room_ < static_cast<double>(bytes)) return false;
    room_ -= static_cast<double>(bytes);
    return true;
  }

 private:
  double bytes_per_second_ = 0;
  double room_ = kLeastDepth;
  TimePoint filled_{};
};

}  // namespace kms::rtc
