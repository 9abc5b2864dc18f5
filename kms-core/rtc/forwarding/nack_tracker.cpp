// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/forwarding/nack_tracker.hpp"

#include <algorithm>
#include <utility>

namespace kms::rtc {

void NackTracker::on_packet(uint64_t index) {
  if (next_ == 0) next_ = index;
  if (index < next_) {
    std::erase_if(missing_, [&](const Missing& m) { return m.index == index; });
    return;
  }
  if (index - next_ + missing_.size() > kMaxMissing) {
    missing_.clear();
    given_up_ = true;
  } else {
    for (; next_ < index; ++next_) missing_.push_back({next_, TimePoint::min(), 0});
  }
  next_ = index + 1;
}

void NackTracker::collect(TimePoint now, std::vector<uint16_t>& out) {
  const auto lost = std::erase_if(
      missing_, [&](const Missing& m) { return m.tries >= kMaxTries && now >= m.asked + kRetry; });
  given_up_ = given_up_ || lost > 0;
  for (auto& missing : missing_) {
    if (missing.tries > 0 && now < missing.asked + kRetry) continue;
    out.push_back(static_cast<uint16_t>(missing.index));
    missing.asked = now;
    ++missing.tries;
  }
}

bool NackTracker::take_given_up() { return std::exchange(given_up_, false); }

}  // namespace kms::rtc
