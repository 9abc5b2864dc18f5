// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/pacer.hpp"

#include <algorithm>
#include <chrono>

namespace kms::gst {

void Pacer::pause() {
  const std::lock_guard lock(mutex_);
  if (paused_) return;
  paused_ = true;
  paused_at_ = media_now();
  changed_.notify_all();
}

void Pacer::resume() {
  const std::lock_guard lock(mutex_);
  if (!paused_) return;
  paused_ = false;
  if (origin_ && !unpaced_) *origin_ += static_cast<GstClockTimeDiff>(media_now() - paused_at_);
  changed_.notify_all();
}

void Pacer::restart() {
  const std::lock_guard lock(mutex_);
  origin_.reset();
  if (paused_) paused_at_ = media_now();
  changed_.notify_all();
}

void Pacer::wake() {
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
}

// Running time 0 is now, or where the piece before ended; unpaced media is not bound to the clock.
void Pacer::anchor() {
  const auto now = static_cast<GstClockTimeDiff>(media_now());
  origin_ = unpaced_ && end_ != 0 ? end_ : std::max(now, end_);
  floor_ = end_;
}

// What is only decoded lies just before what is shown first, still in its own order: equal time stamps would
// make a decoder invent others.
GstClockTimeDiff Pacer::media_time(const Moment& moment) const {
  constexpr GstClockTimeDiff kPressed = 1'000'000;  // times closer together
  if (moment.decode_only) return *origin_ - 1 + moment.shown / kPressed;
  return std::max(*origin_ + moment.shown, floor_);
}

std::optional<GstClockTime> Pacer::wait(const Moment& moment, const std::atomic<bool>& flushing) {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (flushing) return std::nullopt;
    if (paused_) {
      changed_.wait(lock);
      continue;
    }
    if (!origin_) anchor();
    const auto due = *origin_ + moment.due;
    const auto now = static_cast<GstClockTimeDiff>(media_now());
    if (unpaced_ || due <= now) break;
    changed_.wait_for(lock, std::chrono::nanoseconds(due - now));
  }
  const auto media = media_time(moment);
  const auto length = GST_CLOCK_TIME_IS_VALID(moment.duration) ? moment.duration : 0;
  end_ = std::max(end_, media + static_cast<GstClockTimeDiff>(length));
  return static_cast<GstClockTime>(media);
}

}  // namespace kms::gst
