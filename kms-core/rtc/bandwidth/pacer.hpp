// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "kms-core/rtc/wire/clock.hpp"

namespace kms::rtc {

// Spreads over time what one peer is sent, so that a key frame does not fill the queue of a narrow way at
// once: a token bucket that fills as fast as the way takes packets. What must not wait (sound, repairs,
// probes) goes at once and counts. No timer inside, and no packets: whoever finds no room keeps them
// and says so. Lives on the peer's RTC thread.
class Pacer {
 public:
  static constexpr double kDepthSeconds = 0.01;
  static constexpr double kLeastDepth = 2400;  // bytes: two packets
  static constexpr double kOwedSeconds = 0.1;  // what did not wait holds up the rest for no longer
  // 50 KB at 1 Mbit/s; what takes longer does not fit such a way.
  static constexpr Duration kLongestWait = std::chrono::milliseconds(400);

  // What the way takes; 0: that is not known, and nothing has to wait.
  void set_rate(double bps) { bytes_per_second_ = bps / 8; }
  bool paces() const { return bytes_per_second_ > 0; }
  double bps() const { return bytes_per_second_ * 8; }

  void on_sent(size_t bytes) { room_ -= static_cast<double>(bytes); }
  // Whether a packet may go: one that is larger than the room is owed.
  bool has_room(TimePoint now) {
    fill(now);
    return !paces() || room_ > 0;
  }
  // When there will be, at the earliest.
  TimePoint room_at(TimePoint now) const {
    if (!paces() || room_ > 0) return now;
    const std::chrono::duration<double> wait(-room_ / bytes_per_second_);
    return filled_ + std::chrono::duration_cast<Duration>(wait) + std::chrono::microseconds(1);
  }

  // Who keeps packets that found no room. Those of others go behind them.
  void begin_wait() { ++waiting_; }
  void end_wait() { --waiting_; }
  bool is_waited_for() const { return waiting_ > 0; }

 private:
  // What came without waking anybody is handled with the time at which it came: that may lie behind.
  void fill(TimePoint now) {
    if (now <= filled_) return;
    const double depth = std::max(bytes_per_second_ * kDepthSeconds, kLeastDepth);
    const double passed = std::chrono::duration<double>(now - filled_).count();
    const double owed = std::max(room_, -bytes_per_second_ * kOwedSeconds);
    room_ = std::min(owed + passed * bytes_per_second_, depth);
    filled_ = now;
  }

  double bytes_per_second_ = 0;
  double room_ = 0;
  TimePoint filled_{};
  size_t waiting_ = 0;
};

}  // namespace kms::rtc
