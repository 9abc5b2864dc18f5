// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtp/red.hpp"

namespace kms::rtc {
namespace {

// Of each block but the last: F = 1, type (7), time stamp offset (14), length (10).
constexpr size_t kHeader = 4;
constexpr uint8_t kMore = 0x80;

}  // namespace

std::optional<RedBlocks> read_red(Bytes payload, uint8_t type) {
  RedBlocks blocks;
  size_t at = 0;
  for (; at < payload.size() && (payload[at] & kMore) != 0; at += kHeader) {
    if (blocks.count == RedBlocks::kMost || payload.size() - at < kHeader) return std::nullopt;
    if ((payload[at] & ~kMore) != type) return std::nullopt;
    const auto packed = load_u24(&payload[at + 1]);
    blocks.earlier[blocks.count++] = {0, static_cast<uint16_t>(packed & 0x3ff),
                                      static_cast<uint16_t>(packed >> 10)};
  }
  if (at >= payload.size() || payload[at] != type) return std::nullopt;
  ++at;
  for (size_t i = 0; i < blocks.count; ++i) {
    blocks.earlier[i].at = static_cast<uint16_t>(at);
    at += blocks.earlier[i].size;
  }
  if (at >= payload.size()) return std::nullopt;
  blocks.primary_at = static_cast<uint16_t>(at);
  return blocks;
}

void rename_red(MutableBytes payload, uint8_t type) {
  size_t at = 0;
  for (; (payload[at] & kMore) != 0; at += kHeader) payload[at] = static_cast<uint8_t>(kMore | type);
  payload[at] = type;
}

}  // namespace kms::rtc
