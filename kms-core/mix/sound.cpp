// SPDX-License-Identifier: Apache-2.0
#include "kms-core/mix/sound.hpp"

#include <algorithm>
#include <cmath>

namespace kms::mix {

uint8_t level_of(const Block& block) {
  int64_t power = 0;
  for (const int16_t sample : block) power += static_cast<int64_t>(sample) * sample;
  if (power == 0) return kSilent;
  const double mean = static_cast<double>(power) / static_cast<double>(block.size());
  const double below = -10 * std::log10(mean / (32768.0 * 32768.0));
  return static_cast<uint8_t>(std::clamp(std::lround(below), 0L, static_cast<long>(kSilent)));
}

}  // namespace kms::mix
