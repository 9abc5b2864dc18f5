// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/forwarding/audio_level.hpp"

#include <algorithm>
#include <cmath>

namespace kms::rtc {

double AudioLevel::amplitude(TimePoint now) const {
  return std::sqrt(std::clamp(static_cast<double>(power(now)), 0.0, 1.0));
}

}  // namespace kms::rtc
