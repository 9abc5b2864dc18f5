// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kms::mix {

// Sound is mixed in blocks of 20 ms, 48,000 frames a second, 16 bits, channels interleaved. A frame is a
// sample of each channel.
inline constexpr size_t kFramesPerSecond = 48000;
inline constexpr size_t kBlockFrames = 960;
inline constexpr uint64_t kBlocksPerSecond = 50;
using Block = std::vector<int16_t>;  // kBlockFrames frames

// As RFC 6464 has it: how far below overload, in dB; 127 is silence.
inline constexpr uint8_t kSilent = 127;
uint8_t level_of(const Block& block);

}  // namespace kms::mix
