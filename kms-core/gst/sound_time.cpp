// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/sound_time.hpp"

#include <algorithm>

namespace kms::gst {
namespace {

// Time stamps are followed at this pace, so that a clock 2 % off is followed 4 ms late, and what is a
// millisecond off at random (a file's whole milliseconds) hardly. For so long in the beginning at once: an
// encoder's first packets say less than they last (what Opus has before the sound).
constexpr GstClockTimeDiff kFollows = 160 * GST_MSECOND;
// Less is no gap: the shortest packets but those of Opus, whose loss is concealed, last 10 ms.
constexpr GstClockTimeDiff kLeastGap = 8 * GST_MSECOND;
// Time stamps that go back further are of another source.
constexpr GstClockTimeDiff kOtherSound = 200 * GST_MSECOND;

}  // namespace

SoundTime::Place SoundTime::next(GstClockTime stamp, GstClockTime length) {
  const auto lasts = static_cast<GstClockTimeDiff>(length);
  const bool says = GST_CLOCK_TIME_IS_VALID(stamp);
  const auto says_at = static_cast<GstClockTimeDiff>(says ? stamp : 0);
  auto at = due_.value_or(says_at);
  const auto off = says ? says_at - at : 0;
  const bool gap = off > kLeastGap;
  if (gap || off < -kOtherSound) since_ = 0;
  at += since_ < kFollows ? off : off * std::min(lasts, kFollows) / kFollows;
  since_ += lasts;
  due_ = at + lasts;
  return {static_cast<GstClockTime>(at), gap ? static_cast<GstClockTime>(off) : 0};
}

}  // namespace kms::gst
