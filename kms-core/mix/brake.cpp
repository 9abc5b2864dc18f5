// SPDX-License-Identifier: Apache-2.0
#include "kms-core/mix/brake.hpp"

#include <chrono>

#include "kms-core/gst/stream_info.hpp"

namespace kms::mix {

// Media that would have to wait longer has a hole there.
constexpr GstClockTime kLongest = 5 * GST_SECOND;

void Brake::begin(bool unpaced) {
  unpaced_ = unpaced;
  first_ = GST_CLOCK_TIME_NONE;
}

void Brake::hold(GstClockTime time) {
  if (!unpaced_ || !GST_CLOCK_TIME_IS_VALID(time)) return;
  const auto now = gst::media_now();
  const auto due = GST_CLOCK_TIME_IS_VALID(first_) ? due_ + (time - first_) : now;
  if (!GST_CLOCK_TIME_IS_VALID(first_) || time < first_ || due > now + kLongest) {
    first_ = time;
    due_ = now;
    return;
  }
  if (due <= now) return;
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::nanoseconds(due - now), [this] { return released_; });
}

void Brake::release() {
  const std::lock_guard lock(mutex_);
  released_ = true;
  changed_.notify_all();
}

}  // namespace kms::mix
