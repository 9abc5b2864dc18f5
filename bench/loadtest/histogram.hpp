// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "kms-core/rtc/wire/clock.hpp"

namespace kms::rtc::loadtest {

// Times in fixed memory: 32 steps per power of two, so that a percentile is at most 3 % too high. From 1 us
// up to 19 hours; what is less counts as 1 us.
class Histogram {
 public:
  void add(Duration value);
  void add(const Histogram& other);

  uint64_t count() const { return count_; }
  double max_ms() const { return max_ms_; }
  // What `share` (0 to 1) of the values do not exceed, in milliseconds; 0 if there are none.
  double percentile_ms(double share) const;

 private:
  static constexpr int kStepBits = 5;
  static constexpr size_t kSteps = size_t{1} << kStepBits;
  static constexpr size_t kPowers = 32;
  static size_t bucket_of(uint64_t us);
  static uint64_t upper_end_of(size_t bucket);

  std::array<uint64_t, kSteps * kPowers> buckets_{};
  uint64_t count_ = 0;
  double max_ms_ = 0;
};

}  // namespace kms::rtc::loadtest
