// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/rising_times.hpp"

#include <algorithm>

namespace kms::gst {
namespace {

// Time stamps that go back by more than this are no jitter.
constexpr GstClockTimeDiff kOtherTime = 500 * GST_MSECOND;
// So far behind what came last lies what is pressed.
constexpr GstClockTimeDiff kApart = GST_MSECOND;
// So many times closer together it lies: 1.7 ms of 60 pictures a second, and containers count in
// milliseconds.
constexpr GstClockTimeDiff kPressed = 10;

}  // namespace

// An earlier time lies earlier: pictures that are shown in another order than they come in stay in it.
GstClockTimeDiff RisingTimes::risen(GstClockTimeDiff stamp) const {
  return floor_ < 0 ? stamp : std::max(stamp, floor_ + std::min(stamp - from_, kOtherTime) / kPressed);
}

bool RisingTimes::is_filled(GstBuffer* buffer) const {
  const auto time = GST_BUFFER_DTS_OR_PTS(buffer);
  if (!GST_CLOCK_TIME_IS_VALID(time) || before_ < 0) return false;
  const auto back = before_ - static_cast<GstClockTimeDiff>(time) - later_;
  return back > -kApart && back <= kOtherTime;
}

void RisingTimes::press(GstClockTimeDiff stamp, GstClockTimeDiff reached) {
  from_ = stamp;
  floor_ = reached < 0 ? 0 : reached + kApart;
}

void RisingTimes::raise(Ref<GstBuffer>& buffer, bool in_order) {
  const auto time = GST_BUFFER_DTS_OR_PTS(buffer.get());
  if (!GST_CLOCK_TIME_IS_VALID(time)) return;
  auto stamp = static_cast<GstClockTimeDiff>(time) + later_;
  // Where times do not rise by themselves, only another source can be too early: its first picture says how
  // much.
  const bool rises = in_order || GST_BUFFER_DTS_IS_VALID(buffer.get());
  const auto reached = rises ? last_ : before_;
  const auto back = reached - stamp;
  const bool decode_only = GST_BUFFER_FLAG_IS_SET(buffer.get(), GST_BUFFER_FLAG_DECODE_ONLY);
  if (decode_only && rises) return hide(buffer, stamp);
  if (back > kOtherTime && !decode_only) {
    later_ += back;
    press(stamp = reached, reached);
  } else if (risen(stamp) <= reached && (rises || floor_ <= before_)) {
    press(stamp, reached);
  }
  last_ = std::max(last_, risen(stamp));
  move(buffer, 0);
}

// What is not shown takes no time, however much of it there is: what follows keeps its own.
void RisingTimes::hide(Ref<GstBuffer>& buffer, GstClockTimeDiff stamp) {
  last_ = std::max(last_ + 1, risen(stamp));
  move(buffer, last_);
}

void RisingTimes::move(Ref<GstBuffer>& buffer, GstClockTimeDiff least) const {
  const auto moved = [&](GstClockTime time) {
    if (!GST_CLOCK_TIME_IS_VALID(time)) return time;
    return static_cast<GstClockTime>(std::max(least, risen(static_cast<GstClockTimeDiff>(time) + later_)));
  };
  const auto shown = moved(GST_BUFFER_PTS(buffer.get()));
  const auto decoded = moved(GST_BUFFER_DTS(buffer.get()));
  if (shown == GST_BUFFER_PTS(buffer.get()) && decoded == GST_BUFFER_DTS(buffer.get())) return;
  auto* writable = gst_buffer_make_writable(buffer.release());
  GST_BUFFER_PTS(writable) = shown;
  GST_BUFFER_DTS(writable) = decoded;
  buffer = Ref<GstBuffer>::adopt(writable);
}

}  // namespace kms::gst
