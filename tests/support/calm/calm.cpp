// SPDX-License-Identifier: Apache-2.0
#include "tests/support/calm/calm.hpp"

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <iostream>
#include <memory>

namespace kms::test {
namespace {

constexpr std::chrono::milliseconds kNap{4};
constexpr std::chrono::milliseconds kStall{20};

std::vector<int> processors() {
  cpu_set_t all;
  CPU_ZERO(&all);
  sched_getaffinity(0, sizeof all, &all);
  std::vector<int> out;
  for (int number = 0; number < CPU_SETSIZE; ++number) {
    if (CPU_ISSET(number, &all)) out.push_back(number);
  }
  return out;
}

void stay_on(int processor) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(processor, &one);
  pthread_setaffinity_np(pthread_self(), sizeof one, &one);
}

using Checks = testing::TestPartResultArray;

bool failed(const Checks& checks) {
  for (int i = 0; i < checks.size(); ++i) {
    if (checks.GetTestPartResult(i).failed()) return true;
  }
  return false;
}

// Those that say something, and not to the test.
std::unique_ptr<Checks> checks_of(const std::function<void()>& measure) {
  using Reporter = testing::ScopedFakeTestPartResultReporter;
  auto checks = std::make_unique<Checks>();
  const Reporter reporter(Reporter::INTERCEPT_ALL_THREADS, checks.get());
  measure();
  return checks;
}

void tell(const Checks& checks) {
  for (int i = 0; i < checks.size(); ++i) {
    const auto& check = checks.GetTestPartResult(i);
    const char* file = check.file_name() == nullptr ? "" : check.file_name();
    GTEST_MESSAGE_AT_(file, check.line_number(), check.message(), check.type());
  }
}

}  // namespace

StallWatch::StallWatch() {
  for (const int each : processors()) threads_.emplace_back([this, each] { watch(each); });
}

StallWatch::~StallWatch() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  ends_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void StallWatch::watch(int processor) {
  stay_on(processor);
  std::unique_lock lock(mutex_);
  while (!over_) {
    const auto due = std::chrono::steady_clock::now() + kNap;
    ends_.wait_until(lock, due);
    const std::chrono::nanoseconds late = std::chrono::steady_clock::now() - due;
    longest_ = std::max<int64_t>(longest_, late.count());  // under the lock
  }
}

void measure_again_if(const std::function<bool()>& excused, const std::function<void()>& measure) {
  for (int time = 1;; ++time) {
    const auto checks = checks_of(measure);
    if (time < kMostMeasurements && failed(*checks) && excused()) {
      std::cout << "the machine stood still; measured again\n";
      continue;
    }
    return tell(*checks);
  }
}

void measure_calmly(const std::function<void()>& measure) {
  std::unique_ptr<StallWatch> watch;
  measure_again_if([&] { return watch->longest() >= kStall; },
                   [&] {
                     watch = std::make_unique<StallWatch>();
                     measure();
                   });
}

}  // namespace kms::test
