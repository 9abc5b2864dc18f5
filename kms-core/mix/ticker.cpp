// SPDX-License-Identifier: Apache-2.0
#include "kms-core/mix/ticker.hpp"

#include <algorithm>
#include <optional>

#include "kms-core/base/thread_times.hpp"

namespace kms::mix {
namespace {

using Time = WakeUp::TimePoint;

uint64_t now() {
  return static_cast<uint64_t>(std::chrono::nanoseconds(Time::clock::now().time_since_epoch()).count());
}

Time at(uint64_t time) { return Time(std::chrono::nanoseconds(static_cast<int64_t>(time))); }

// Further behind than this, ticks are left out.
constexpr uint64_t kMostBehind = 100'000'000;

}  // namespace

void Ticker::wake() {
  const std::lock_guard lock(mutex_);
  if (!running_ && !stopping_) {
    if (thread_.joinable()) thread_.join();  // it is at its end
    running_ = true;
    thread_ = std::thread([this] { run(); });
  }
  bell_.ring();
}

void Ticker::stop() {
  stopping_ = true;
  std::thread thread;
  {
    const std::lock_guard lock(mutex_);
    bell_.ring();
    thread.swap(thread_);
  }
  if (thread.joinable()) thread.join();
}

void Ticker::run() {
  name_thread(pace_.thread);
  while (rest()) run_until_idle();
}

// False: the thread ends.
bool Ticker::rest() {
  if (stopping_) return false;  // the ring for that was heard between two ticks
  if (!bell_.wait(Time::clock::now() + pace_.rest)) {
    const std::lock_guard lock(mutex_);
    running_ = bell_.wait(Time::clock::now());  // it may have been rung meanwhile
    return running_ && !stopping_;
  }
  return !stopping_;
}

// Whoever wakes the thread while it works need not: it looks at all there is with every tick.
void Ticker::run_until_idle() {
  begin_ = std::max(now(), begin_);
  for (uint64_t tick = 0; !stopping_; ++tick) {
    while (!stopping_ && now() < time_of(tick)) bell_.wait(at(time_of(tick)));
    while (now() > time_of(tick + 1) + kMostBehind) ++tick;
    if (stopping_ || !work_(time_of(tick))) {
      begin_ = time_of(tick + 1);
      return;
    }
  }
}

}  // namespace kms::mix
