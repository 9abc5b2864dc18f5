// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "kms-core/rtc/wire/clock.hpp"

namespace kms::rtc {

// How often somebody outside may cause a thing: `burst` times at once, and one more with each `interval` that
// passes. One thread.
class Allowance {
 public:
  Allowance(Duration interval, int burst) : interval_(interval), ahead_(interval * (burst - 1)) {}

  // Whether it may happen now; then it counts.
  bool take(TimePoint now) {
    if (now + ahead_ < next_) return false;
    next_ = std::max(next_, now) + interval_;
    return true;
  }

 private:
  Duration interval_;
  Duration ahead_;
  TimePoint next_{};  // when it would be due if it came evenly
};

}  // namespace kms::rtc
