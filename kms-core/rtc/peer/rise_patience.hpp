// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/wire/clock.hpp"

namespace kms::rtc {

// When one receiver of a track in layers may have a larger one: some seconds after a fall, and later
// each time a rise did not last, since each rise that fails costs key frames and a queue. A wait that has
// grown ends early where the way has borne clearly more for a while: then it is not as it was.
class RisePatience {
 public:
  static constexpr Duration kFirstWait = std::chrono::seconds(4);
  static constexpr Duration kLongestWait = std::chrono::seconds(32);
  static constexpr Duration kHeld = std::chrono::seconds(10);  // a rise that lasted so long was no mistake
  static constexpr Duration kClear = std::chrono::seconds(8);

  bool may_rise(TimePoint now) const { return now >= rise_after_; }

  void on_rise(TimePoint now) { rose_at_ = now; }
  TimePoint rose_at() const { return rose_at_; }
  void on_fall(TimePoint now);
  // Nothing came of a rise.
  void on_failure(TimePoint now) { rise_after_ = now + kFirstWait; }
  // Every 100 ms or so while it waits: whether there is clearly room for the next one.
  void note_room(bool clear, TimePoint now);

 private:
  TimePoint rose_at_{};
  TimePoint rise_after_{};
  TimePoint cramped_at_{};  // when there was no clear room, the last time
  Duration wait_{};
};

}  // namespace kms::rtc
