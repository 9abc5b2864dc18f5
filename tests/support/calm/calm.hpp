// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace kms::test {

// Notices that the machine stands still, as a virtual one does whose processor somebody else has for a
// moment: on each processor a thread sleeps shortly, again and again, and looks how late it wakes.
class StallWatch {
 public:
  StallWatch();
  ~StallWatch();
  StallWatch(const StallWatch&) = delete;
  StallWatch& operator=(const StallWatch&) = delete;

  // The longest that one of them was too late so far.
  std::chrono::nanoseconds longest() const { return std::chrono::nanoseconds(longest_); }

 private:
  void watch(int processor);

  std::atomic<int64_t> longest_ = 0;
  std::mutex mutex_;
  std::condition_variable ends_;
  bool over_ = false;
  std::vector<std::thread> threads_;
};

// For what is measured by the clock. Where checks in `measure` fail and the machine stood still for 20 ms or
// more meanwhile, that says nothing of the product: they are forgotten, and it is measured again, five times
// in all. What fails on a calm machine counts at once.
void measure_calmly(const std::function<void()>& measure);

// The same with another excuse; asked after each time that checks failed.
void measure_again_if(const std::function<bool()>& excused, const std::function<void()>& measure);
constexpr int kMostMeasurements = 5;

}  // namespace kms::test
