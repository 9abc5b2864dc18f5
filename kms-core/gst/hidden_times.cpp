// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/hidden_times.hpp"

#include <algorithm>

namespace kms::gst {
namespace {

constexpr size_t kRanges = 8;
// The frames before one target lie closer together than this (see Pacer), and shown frames further apart.
constexpr GstClockTime kTogether = 200 * GST_USECOND;

}  // namespace

void HiddenTimes::add(GstClockTime pts) {
  const std::lock_guard lock(mutex_);
  for (auto& range : ranges_) {
    if (pts + kTogether < range.first || pts > range.last + kTogether) continue;
    range = {std::min(range.first, pts), std::max(range.last, pts)};
    return;
  }
  ranges_.push_back({pts, pts});
  if (ranges_.size() > kRanges) ranges_.pop_front();
}

bool HiddenTimes::hold(GstClockTime pts) const {
  const std::lock_guard lock(mutex_);
  return std::any_of(ranges_.begin(), ranges_.end(),
                     [pts](const Range& range) { return range.first <= pts && pts <= range.last; });
}

}  // namespace kms::gst
