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

std::optional<GstClockTimeDiff> Pacer::position() const {
  const std::lock_guard lock(mutex_);
  return position_;
}

// Running time 0 is now, or where the piece before ended; unpaced media is not bound to the clock.
void Pacer::anchor() {
  const auto begin = unpaced_ && end_ != 0 ? end_ : std::max(media_now(), end_);
  origin_ = static_cast<GstClockTimeDiff>(begin);
}

std::optional<GstClockTime> Pacer::wait(GstClockTimeDiff running, GstClockTime duration,
                                        const std::atomic<bool>& flushing) {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (flushing) return std::nullopt;
    if (paused_) {
      changed_.wait(lock);
      continue;
    }
    if (!origin_) anchor();
    const auto due = *origin_ + running;
    const auto now = static_cast<GstClockTimeDiff>(media_now());
    if (unpaced_ || due <= now) break;
    changed_.wait_for(lock, std::chrono::nanoseconds(due - now));
  }
  position_ = running;
  const auto media = static_cast<GstClockTime>(*origin_ + running);
  const auto length = GST_CLOCK_TIME_IS_VALID(duration) ? duration : 0;
  end_ = std::max(end_, media + length);
  return media;
}

}  // namespace kms::gst
