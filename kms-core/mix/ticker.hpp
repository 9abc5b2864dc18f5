// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <thread>

#include "kms-core/base/wake_up.hpp"

namespace kms::mix {

// A thread that works at a steady pace, of a mixer that has something to do. Times are on the media clock,
// nanoseconds.
class Ticker {
 public:
  struct Pace {
    // `units` periods last `unit` nanoseconds, exactly: 30 in a second.
    uint64_t units = 30;
    uint64_t unit = 1'000'000'000;
  };
  // Called at `due`, which never goes back; periods that went by while the machine did something else are
  // left out. False: there is nothing to do for now.
  using Work = std::function<bool(uint64_t due)>;

  Ticker(const Pace& pace, Work work) : pace_(pace), work_(std::move(work)) {}
  ~Ticker() { stop(); }
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

  // There may be something to do. The thread begins with the first call. Any thread.
  void wake();
  // Waits until the thread has ended: on a worker. For good.
  void stop();

 private:
  void run();
  void run_until_idle();
  uint64_t time_of(uint64_t tick) const {
    return begin_ + tick / pace_.units * pace_.unit + tick % pace_.units * pace_.unit / pace_.units;
  }

  const Pace pace_;
  const Work work_;
  WakeUp bell_;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::thread thread_;  // guarded by mutex_
  uint64_t begin_ = 0;  // the thread's
};

}  // namespace kms::mix
