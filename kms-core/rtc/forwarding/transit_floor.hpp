// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <limits>

#include "kms-core/rtc/wire/clock.hpp"

namespace kms::rtc {

// The least of what was measured in the last seconds: arrival minus the sender's clock. What a network adds
// now and then is left out, and the drift of one clock against the other is followed. One thread.
class TransitFloor {
 public:
  // Drift of 0.5 % is followed 25 ms late at most; a crowded network of less than that time changes nothing.
  static constexpr std::chrono::seconds kMemory{5};

  void add(int64_t transit_ns, TimePoint at) {
    const int64_t second = std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count();
    if (second != second_) turn_to(second);
    auto& bucket = buckets_[index_of(second_)];
    if (transit_ns < bucket) bucket = transit_ns;
    if (transit_ns < floor_) floor_ = transit_ns;
  }
  bool known() const { return floor_ != kNone; }
  int64_t ns() const { return floor_; }

 private:
  static constexpr size_t kBuckets = kMemory.count();
  static constexpr int64_t kNone = std::numeric_limits<int64_t>::max();

  static size_t index_of(int64_t second) { return static_cast<size_t>(second) % kBuckets; }
  void turn_to(int64_t second) {
    const bool far = second < second_ || second - second_ >= static_cast<int64_t>(kBuckets);
    if (far) buckets_.fill(kNone);
    while (!far && second_ < second) buckets_[index_of(++second_)] = kNone;
    second_ = second;
    floor_ = kNone;
    for (const auto bucket : buckets_) floor_ = bucket < floor_ ? bucket : floor_;
  }

  std::array<int64_t, kBuckets> buckets_ = [] {
    std::array<int64_t, kBuckets> none{};
    none.fill(kNone);
    return none;
  }();
  int64_t second_ = 0;
  int64_t floor_ = kNone;
};

}  // namespace kms::rtc
