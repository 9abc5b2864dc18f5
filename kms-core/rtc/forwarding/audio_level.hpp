// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <optional>

#include "kms-core/rtc/wire/clock.hpp"

namespace kms::rtc {

// How loud a source of sound is lately, as its sender says (RFC 6464): written by its RTC thread, read by
// any. It is the sender's word; nothing is decoded for it.
class AudioLevel {
 public:
  // So long after the last packet nothing is heard of the source any more.
  static constexpr std::chrono::milliseconds kFresh{1000};

  // A packet has said how loud it is.
  bool known() const { return at_.load(std::memory_order_relaxed) != TimePoint{}; }
  // Mean of the last tenth of a second, 1: 0 dBov; 0 while no packets come.
  float power(TimePoint now) const { return is_fresh(now) ? power_.load(std::memory_order_relaxed) : 0.0F; }
  // The same as an amplitude, 0 to 1, as in W3C webrtc-stats.
  double amplitude(TimePoint now) const;
  // When somebody was last heard to speak; nothing before that.
  std::optional<TimePoint> spoke_at() const {
    const auto time = spoke_at_.load(std::memory_order_relaxed);
    return time == TimePoint{} ? std::nullopt : std::optional(time);
  }

  // On the RTC thread.
  void set(float power, TimePoint at) {
    power_.store(power, std::memory_order_relaxed);
    at_.store(at, std::memory_order_relaxed);
  }
  void set_spoke_at(TimePoint at) { spoke_at_.store(at, std::memory_order_relaxed); }

 private:
  bool is_fresh(TimePoint now) const { return known() && now - at_.load(std::memory_order_relaxed) < kFresh; }

  std::atomic<float> power_ = 0;
  std::atomic<TimePoint> at_{};
  std::atomic<TimePoint> spoke_at_{};
};

}  // namespace kms::rtc
