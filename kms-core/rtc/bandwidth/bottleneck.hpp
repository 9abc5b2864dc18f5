// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/wire/clock.hpp"

namespace kms::rtc {

// What the narrowest part of a way takes, as long as that is known: it was seen full, and has not borne more
// since then. A rate that was never exceeded says nothing: most ways bear more than is ever sent over them.
class Bottleneck {
 public:
  // Packets arrived at that rate while it was full.
  void on_full(double bps, TimePoint now) {
    const bool like_before = bps > bps_ * 0.7 && bps < bps_ * 1.3;
    bps_ = like_before ? bps_ + kGain * (bps - bps_) : bps;
    seen_ = now;
  }
  // So much arrived without a queue.
  void on_borne(double bps) {
    if (bps > bps_ * kExceeded) bps_ = 0;
  }
  // 0: not known.
  double bps(TimePoint now) const { return now - seen_ < kLasts ? bps_ : 0; }

 private:
  static constexpr double kGain = 0.4;
  static constexpr double kExceeded = 1.1;
  // Where more is wanted, probes find it full again every other second; else a key frame does.
  static constexpr Duration kLasts = std::chrono::seconds(60);

  double bps_ = 0;
  TimePoint seen_{};
};

}  // namespace kms::rtc
