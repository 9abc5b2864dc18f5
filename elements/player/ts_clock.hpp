// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/media_factory.hpp"

namespace kms::player {

// Six seconds of MPEG-TS, whose clock begins `lead` (90 kHz) earlier than that of the clip, and runs to the
// end although nothing else comes in the last `missing`.
inline std::string ts_of_six_seconds(uint64_t lead, uint64_t missing = 0) {
  auto bytes = test::read_file(test::make_clip("six.ts", 6));
  constexpr size_t kPacket = 188;
  const auto byte = [&](size_t at) { return static_cast<uint8_t>(bytes[at]); };
  std::vector<std::pair<size_t, uint64_t>> clock;  // where it is said, and what
  for (size_t at = 0; at < bytes.size(); at += kPacket) {
    if ((byte(at + 3) & 0x20) == 0 || byte(at + 4) == 0 || (byte(at + 5) & 0x10) == 0) continue;
    uint64_t ticks = 0;
    for (size_t i = 0; i < 4; ++i) ticks = ticks << 8 | byte(at + 6 + i);
    clock.emplace_back(at, ticks << 1 | byte(at + 10) >> 7);
  }
  const auto last = clock.back().second;
  const auto end =
      std::ranges::find_if(clock, [&](const auto& said) { return said.second + missing > last; });
  const size_t cut = end == clock.end() ? bytes.size() : end->first;
  for (size_t at = cut; at < bytes.size(); at += kPacket) {
    bytes.replace(at + 1, 2, "\x1f\xff");  // a packet of nothing
  }
  for (const auto& [at, ticks] : clock) {
    if (at >= cut) {  // all of it is adaptation field
      bytes.replace(at + 1, 2, bytes, clock.front().first + 1, 2);
      bytes[at + 1] = static_cast<char>(byte(at + 1) & 0x1f);
      bytes[at + 3] = static_cast<char>((byte(at + 3) & 0x0f) | 0x20);
      bytes.replace(at + 12, kPacket - 12, kPacket - 12, '\xff');
      bytes[at + 4] = static_cast<char>(kPacket - 5);
      bytes[at + 5] = 0x10;
    }
    for (size_t i = 0; i < 4; ++i) bytes[at + 6 + i] = static_cast<char>((ticks - lead) >> (25 - 8 * i));
    bytes[at + 10] = static_cast<char>((byte(at + 10) & 0x7f) | ((ticks - lead) & 1) << 7);
  }
  return bytes;
}

}  // namespace kms::player
