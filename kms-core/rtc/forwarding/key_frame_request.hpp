// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/wire/clock.hpp"

namespace kms::rtc {

// Coalesces the key frame requests of all receivers of a source into at most one per kInterval to its sender.
// A request made meanwhile is kept until then, and met by any key frame that comes. One thread.
class KeyFrameRequest {
 public:
  static constexpr std::chrono::milliseconds kInterval{500};

  void want() { wanted_ = true; }
  void on_key_frame() { wanted_ = false; }
  // Whether a PLI is to be sent now; counts as sent.
  bool take(TimePoint now) {
    if (!wanted_ || now < next_) return false;
    wanted_ = false;
    next_ = now + kInterval;
    return true;
  }

 private:
  bool wanted_ = false;
  TimePoint next_{};
};

}  // namespace kms::rtc
