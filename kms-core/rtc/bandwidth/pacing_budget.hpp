// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "kms-core/rtc/wire/clock.hpp"

namespace kms::rtc {

// What may go out now without making a queue: a token bucket that fills with the rate. Media is spent whether
// there is room or not, since it comes at its own time; what can wait (repairs, padding, what a joiner
// catches up with) asks for room. No timer inside. Lives on the peer's RTC thread.
class PacingBudget {
 public:
  static constexpr double kDepthSeconds = 0.04;
  static constexpr double kDeepestDebtSeconds = 0.5;
  static constexpr double kLeastDepth = 3000;  // bytes: two packets always fit

  void set_rate(double bps) { bytes_per_second_ = bps / 8; }
  void spend(size_t bytes, TimePoint now) {
    fill(now);
    room_ = std::max(room_ - static_cast<double>(bytes), -bytes_per_second_ * kDeepestDebtSeconds);
  }
  // Spends, if there is room for it.
  bool take(size_t bytes, TimePoint now) {
    fill(now);
    if (room_ < static_cast<double>(bytes)) return false;
    room_ -= static_cast<double>(bytes);
    return true;
  }
  double room_bytes() const { return room_; }

 private:
  void fill(TimePoint now) {
    const double depth = std::max(bytes_per_second_ * kDepthSeconds, kLeastDepth);
    const double passed = std::chrono::duration<double>(now - filled_).count();
    room_ = std::min(room_ + std::max(passed, 0.0) * bytes_per_second_, depth);
    filled_ = now;
  }

  double bytes_per_second_ = 0;
  double room_ = 0;
  TimePoint filled_{};
};

}  // namespace kms::rtc
