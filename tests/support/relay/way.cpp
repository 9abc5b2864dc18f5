// SPDX-License-Identifier: Apache-2.0
#include "tests/support/relay/way.hpp"

#include <algorithm>

namespace kms::test {
namespace {

enum Purpose : uint64_t { kLoss = 1, kDuplicate, kReorder, kJitter };

// splitmix64: one step of it mixes well enough to draw from counters.
uint64_t mixed(uint64_t value) {
  value += 0x9e3779b97f4a7c15;
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
  value = (value ^ value >> 27) * 0x94d049bb133111eb;
  return value ^ value >> 31;
}

}  // namespace

WayCounts& WayCounts::operator+=(const WayCounts& other) {
  taken += other.taken;
  lost += other.lost;
  overflowed += other.overflowed;
  duplicated += other.duplicated;
  reordered += other.reordered;
  waited += other.waited;
  return *this;
}

double Way::draw(uint64_t purpose) const {
  const auto bits = mixed(mixed(mixed(seed_) ^ counts_.taken) ^ purpose);
  return static_cast<double>(bits >> 11) / static_cast<double>(uint64_t{1} << 53);
}

bool Way::passes_bottleneck(size_t bytes, rtc::TimePoint now) {
  free_ = std::max(free_, now);
  if (weather_.rate_bps == 0) return true;
  if (free_ - now > weather_.longest_queue) return false;
  if (free_ - now > WayCounts::kLongWait) ++counts_.waited;
  free_ += std::chrono::nanoseconds(bytes * 8 * 1'000'000'000 / weather_.rate_bps);
  return true;
}

std::span<const rtc::TimePoint> Way::take(size_t bytes, rtc::TimePoint now) {
  ++counts_.taken;
  if (draw(kLoss) < weather_.loss) {
    ++counts_.lost;
    return {};
  }
  if (!passes_bottleneck(bytes, now)) {
    ++counts_.overflowed;
    return {};
  }
  const auto jitter = std::chrono::duration_cast<rtc::Duration>(draw(kJitter) * weather_.jitter);
  const auto in_order = std::max(last_, free_ + weather_.delay + jitter);
  const bool reordered = draw(kReorder) < weather_.reordered;
  if (reordered) ++counts_.reordered;
  if (!reordered) last_ = in_order;
  leaves_.fill(reordered ? in_order + weather_.reordered_by : in_order);
  const bool twice = draw(kDuplicate) < weather_.duplicates;
  if (twice) ++counts_.duplicated;
  return std::span(leaves_).first(twice ? 2 : 1);
}

}  // namespace kms::test
