// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <span>

#include "tests/support/relay/weather.hpp"

namespace kms::test {

struct WayCounts {
  uint64_t taken = 0;  // datagrams that came in
  uint64_t lost = 0;
  uint64_t overflowed = 0;  // dropped before the bottleneck
  uint64_t duplicated = 0;
  uint64_t reordered = 0;
  uint64_t waited = 0;  // longer than kLongWait before the bottleneck

  static constexpr rtc::Duration kLongWait = std::chrono::milliseconds(200);
  uint64_t handed_on() const { return taken - lost - overflowed + duplicated; }
  WayCounts& operator+=(const WayCounts& other);
};

// One direction between two ends: decides what becomes of each datagram. What it decides for the n-th one
// depends on seed, n and weather alone, so that a run can be repeated. Asks no clock; one thread.
class Way {
 public:
  explicit Way(uint64_t seed) : seed_(seed) {}

  void set(const Weather& weather) { weather_ = weather; }
  // When the copies of a datagram leave that came at `now`: none, one or two times. Valid until the next
  // call.
  std::span<const rtc::TimePoint> take(size_t bytes, rtc::TimePoint now);
  const WayCounts& counts() const { return counts_; }

 private:
  double draw(uint64_t purpose) const;  // 0 up to 1, of this datagram
  bool passes_bottleneck(size_t bytes, rtc::TimePoint now);

  uint64_t seed_;
  Weather weather_;
  WayCounts counts_;
  rtc::TimePoint free_{};  // when the bottleneck has sent all that it took
  rtc::TimePoint last_{};  // departure of the latest that kept the order
  std::array<rtc::TimePoint, 2> leaves_;
};

}  // namespace kms::test
