// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "kms-core/rtc/wire/clock.hpp"

namespace kms::rtc {

// How long a peer may give no sign of life.
struct SilenceLimits {
  // Then it is disconnected, at the latest. Declared half a second earlier, whenever the last sign came
  // between two looks at the clock: ticks and a busy machine come on top.
  Duration disconnected = std::chrono::seconds(10);
  // Then it has failed; from the description on, where none ever came.
  Duration failed = std::chrono::seconds(30);

  constexpr Duration declared_disconnected() const {
    return disconnected - std::min<Duration>(std::chrono::milliseconds(500), disconnected / 2);
  }
};

}  // namespace kms::rtc
