// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "kms-core/gst/ref.hpp"

namespace kms::recorder {

// Which times of a recording are cut out, and what becomes of the others. Times are media time.
class Pauses {
 public:
  // From `time` on; nothing when it is paused.
  void pause(GstClockTime time);
  // Not before `time`; it ends where end() says.
  void resume(GstClockTime time);
  bool paused() const { return paused_; }
  // Resumed, but nothing has come yet to go on with.
  bool waits() const { return !paused_ && !cuts_.empty() && !GST_CLOCK_TIME_IS_VALID(cuts_.back().to); }
  GstClockTime resumed_at() const { return resumed_at_; }
  void end(GstClockTime time);

  bool any() const { return !cuts_.empty(); }
  bool is_cut(GstClockTime time) const;
  // The time without what was cut out before it.
  GstClockTime shorten(GstClockTime time) const;

 private:
  struct Cut {
    GstClockTime from;
    GstClockTime to;
  };
  std::vector<Cut> cuts_;
  bool paused_ = false;
  GstClockTime resumed_at_ = 0;
};

}  // namespace kms::recorder
