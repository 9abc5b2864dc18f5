// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/peer/rise_patience.hpp"

#include <algorithm>

namespace kms::rtc {

void RisePatience::on_fall(TimePoint now) {
  const bool mistake = now - rose_at_ < kHeld;
  wait_ = mistake ? std::clamp(wait_ * 2, kFirstWait, kLongestWait) : kFirstWait;
  rise_after_ = now + wait_;
  cramped_at_ = now;
}

void RisePatience::note_room(bool clear, TimePoint now) {
  if (!clear) cramped_at_ = now;
  if (now - cramped_at_ >= kClear) rise_after_ = std::min(rise_after_, now);
}

}  // namespace kms::rtc
