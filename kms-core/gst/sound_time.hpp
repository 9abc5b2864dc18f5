// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gst/gst.h>

#include <optional>

namespace kms::gst {

// Follows sound that comes in pieces, each with a time stamp, and tells what is truly missing from what only
// drifts: a sender's clock counts its samples a little faster or slower than ours tells the time.
// Nanoseconds. One thread.
class SoundTime {
 public:
  struct Place {
    GstClockTime begin = 0;  // of the piece; follows the time stamps smoothly, but for what is missing
    GstClockTime gap = 0;    // missing before the piece; zero: it goes on
  };
  // The next piece. Without a time stamp it goes on.
  Place next(GstClockTime stamp, GstClockTime length);

 private:
  std::optional<GstClockTimeDiff> due_;  // where the next piece would begin
  GstClockTimeDiff since_ = 0;           // heard since the beginning, or the last gap
};

}  // namespace kms::gst
