// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace kms::rtc {

// How much arrives per second, by the receiver's clock in units of 250 us. Fixed memory.
class AcknowledgedRate {
 public:
  static constexpr int64_t kBucket = 100;  // 25 ms
  static constexpr size_t kBuckets = 40;

  void on_arrival(int64_t at, size_t bytes);
  // Of the last `buckets`, fewer than kBuckets, without the one that is filling; 0 while less has passed.
  double bps(size_t buckets) const;

 private:
  void advance_to(int64_t bucket);

  std::array<uint32_t, kBuckets> bytes_{};
  int64_t begin_ = 0;  // the first bucket ever
  int64_t newest_ = 0;
  bool started_ = false;
};

}  // namespace kms::rtc
