// SPDX-License-Identifier: Apache-2.0
#include "elements/recorder/pauses.hpp"

#include <algorithm>

namespace kms::recorder {

void Pauses::pause(GstClockTime time) {
  const bool open = !cuts_.empty() && !GST_CLOCK_TIME_IS_VALID(cuts_.back().to);
  if (!open) cuts_.push_back({time, GST_CLOCK_TIME_NONE});
  paused_ = true;
}

void Pauses::resume(GstClockTime time) {
  if (!paused_) return;
  paused_ = false;
  resumed_at_ = time;
}

void Pauses::end(GstClockTime time) { cuts_.back().to = std::max(time, cuts_.back().from); }

bool Pauses::is_cut(GstClockTime time) const {
  return std::any_of(cuts_.begin(), cuts_.end(),
                     [&](const Cut& cut) { return time >= cut.from && time < cut.to; });
}

GstClockTime Pauses::shorten(GstClockTime time) const {
  GstClockTime gone = 0;
  for (const auto& cut : cuts_) {
    if (GST_CLOCK_TIME_IS_VALID(cut.to) && time >= cut.to) gone += cut.to - cut.from;
  }
  return time - gone;
}

}  // namespace kms::recorder
