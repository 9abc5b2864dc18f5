// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <optional>

#include "kms-core/rtc/forwarding/audio_level.hpp"
#include "kms-core/rtc/wire/clock.hpp"

namespace kms::rtc {

// What has come of a source so far: written by its RTC thread, read by any.
class SourceCounters {
 public:
  uint64_t packets() const { return packets_.load(std::memory_order_relaxed); }
  uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }
  // When the first packet came; nothing before it.
  std::optional<TimePoint> began() const {
    const auto time = began_.load(std::memory_order_relaxed);
    return time == TimePoint{} ? std::nullopt : std::optional(time);
  }

  // Its sender said goodbye and has not begun anew.
  bool ended() const { return ended_.load(std::memory_order_relaxed); }

  // Of sound.
  const AudioLevel& level() const { return level_; }
  AudioLevel& level() { return level_; }

  // On the RTC thread: nobody else adds, so that plain sums do.
  void add(size_t payload, TimePoint arrived) {
    if (packets() == 0) began_.store(arrived, std::memory_order_relaxed);
    packets_.store(packets() + 1, std::memory_order_relaxed);
    bytes_.store(bytes() + payload, std::memory_order_relaxed);
  }
  void set_ended(bool ended) { ended_.store(ended, std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> packets_ = 0;
  std::atomic<uint64_t> bytes_ = 0;
  std::atomic<TimePoint> began_{};
  std::atomic<bool> ended_ = false;
  AudioLevel level_;
};

}  // namespace kms::rtc
