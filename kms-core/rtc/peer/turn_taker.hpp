// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "kms-core/rtc/wire/clock.hpp"

namespace kms::rtc {

// Someone on an RTC thread who has to do at the end of a turn in which something came for him; see
// Worker::schedule().
class TurnTaker {
 public:
  // True if it was not scheduled yet.
  bool mark_scheduled() { return !std::exchange(scheduled_, true); }
  // Sends on what has come, asks for what is missing. Gives the time of the next call, at the latest, or
  // TimePoint::max() when nothing is held back.
  TimePoint take_turn(TimePoint now) {
    const auto next = end_turn(now);
    scheduled_ = next != TimePoint::max();
    return next;
  }

 protected:
  ~TurnTaker() = default;
  virtual TimePoint end_turn(TimePoint now) = 0;

 private:
  bool scheduled_ = false;
};

}  // namespace kms::rtc
