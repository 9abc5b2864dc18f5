// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "kms-core/rtc/wire/clock.hpp"

namespace kms::rtc {

// What loss says about a link whose queue is too short to be seen in the delay. Loss that stays when less is
// sent is the link's own (radio, a policer of somebody else's), and no reason to send less.
class LossBound {
 public:
  // With each feedback: what it told, a packet that was lost at first and came after all not among the lost.
  // Gives what the rate is to be multiplied with, 1 nearly always.
  double update(size_t lost, size_t arrived, TimePoint now);

  double loss() const { return loss_; }    // 0 to 1, of the latest window
  double usual() const { return usual_; }  // the link's own

 private:
  double judge(double loss);

  size_t lost_ = 0;
  size_t arrived_ = 0;
  TimePoint since_{};
  double loss_ = 0;
  double usual_ = 0;
};

}  // namespace kms::rtc
