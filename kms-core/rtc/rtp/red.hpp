// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>

#include "kms-core/rtc/wire/bytes.hpp"

namespace kms::rtc {

// A packet of sound that repeats what the ones before it had (RFC 2198, "RED"): where its blocks are.
struct RedBlocks {
  // Browsers repeat one or two, nine at most.
  static constexpr size_t kMost = 16;

  struct Block {
    uint16_t at = 0;          // in the payload
    uint16_t size = 0;        // bytes; may be none
    uint16_t ticks_back = 0;  // its time stamp is so much before the packet's
  };
  std::array<Block, kMost> earlier;  // in the order of the packet: the oldest first
  size_t count = 0;
  uint16_t primary_at = 0;  // of what the packet is about; reaches to the end
};

// Nothing for what is none, has no primary block, more than kMost others, or one of another payload type than
// `type`.
std::optional<RedBlocks> read_red(Bytes payload, uint8_t type);

// Says another payload type of all blocks of a payload that read_red() has read.
void rename_red(MutableBytes payload, uint8_t type);

}  // namespace kms::rtc
