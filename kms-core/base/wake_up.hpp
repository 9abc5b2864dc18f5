// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <semaphore.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <optional>

namespace kms {

// Wakes one thread up, or has woken it before it went to sleep. Who rings never waits and takes no lock: two
// atomic operations, and a system call only when somebody sleeps.
class WakeUp {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  WakeUp() { sem_init(&semaphore_, 0, 0); }
  ~WakeUp() { sem_destroy(&semaphore_); }
  WakeUp(const WakeUp&) = delete;
  WakeUp& operator=(const WakeUp&) = delete;

  // Any thread. Rings that nobody has heard yet are one.
  void ring() {
    if (!rung_.exchange(true)) sem_post(&semaphore_);
  }

  // The waiting thread. True: there was a ring since the last wait(); what was written before it is seen.
  // False: `until` has come first.
  bool wait(std::optional<TimePoint> until) {
    if (!take(until)) return false;
    rung_.exchange(false);  // before the caller looks at what there is
    return true;
  }

 private:
  bool take(std::optional<TimePoint> until) {
    int failed = 0;
    do {
      failed = until ? wait_until(*until) : sem_wait(&semaphore_);
    } while (failed != 0 && errno == EINTR);
    return failed == 0;
  }

  int wait_until(TimePoint until) {
    constexpr int64_t kSecond = 1'000'000'000;
    const auto time = std::chrono::nanoseconds(until.time_since_epoch()).count();
    const timespec at{time / kSecond, time % kSecond};
    return sem_clockwait(&semaphore_, CLOCK_MONOTONIC, &at);
  }

  sem_t semaphore_;
  std::atomic<bool> rung_ = false;
};

}  // namespace kms
