// SPDX-License-Identifier: Apache-2.0
#include "kms-core/mix/ticker.hpp"

#include <algorithm>
#include <optional>

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
  {
    const std::lock_guard lock(mutex_);
    if (!thread_.joinable() && !stopping_) thread_ = std::thread([this] { run(); });
  }
  bell_.ring();
}

void Ticker::stop() {
  stopping_ = true;
  bell_.ring();
  std::thread thread;
  {
    const std::lock_guard lock(mutex_);
    thread.swap(thread_);
  }
  if (thread.joinable()) thread.join();
}

void Ticker::run() {
  while (!stopping_) {
    bell_.wait(std::nullopt);
    run_until_idle();
  }
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
