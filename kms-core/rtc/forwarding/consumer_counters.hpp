// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

namespace kms::rtc {

// What a consumer was sent so far, whatever line it was on: noted by its RTC thread now and then, read by
// any.
class ConsumerCounters {
 public:
  uint64_t packets() const { return packets_.load(std::memory_order_relaxed); }
  uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

  // On the RTC thread.
  void add(uint64_t packets, uint64_t bytes) {
    packets_.fetch_add(packets, std::memory_order_relaxed);
    bytes_.fetch_add(bytes, std::memory_order_relaxed);
  }

 private:
  std::atomic<uint64_t> packets_ = 0;
  std::atomic<uint64_t> bytes_ = 0;
};

}  // namespace kms::rtc
