// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/wire/clock.hpp"

namespace kms::rtc {

enum class LinkUse { kNormal, kOver, kUnder };

// Says whether a link takes what is sent, from the growth of its delay (draft-ietf-rmcat-gcc-02 section 5.4)
// and from a queue that stands. The threshold follows what the delay does anyway: jitter is no congestion,
// and a flow that fills queues must not starve us.
class OveruseDetector {
 public:
  struct Delay {
    double growth_ms;
    double queue_ms;
  };

  // With each feedback.
  LinkUse update(const Delay& delay, TimePoint now);

  double threshold_ms() const { return threshold_ms_; }

 private:
  void adapt(double growth_ms, TimePoint now);
  bool is_over(const Delay& delay);

  double threshold_ms_ = 12.5;
  double last_growth_ms_ = 0;
  int over_ = 0;      // feedbacks in sequence
  int standing_ = 0;  // feedbacks in sequence
  TimePoint updated_{};
};

}  // namespace kms::rtc
