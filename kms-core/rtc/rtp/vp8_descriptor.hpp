// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "kms-core/rtc/wire/bytes.hpp"

namespace kms::rtc {

// The VP8 payload descriptor (RFC 7741 section 4.2). Fields that the packet does not carry are empty.
struct Vp8Descriptor {
  static std::optional<Vp8Descriptor> parse(Bytes payload);

  bool starts_frame() const { return starts_partition && partition == 0; }

  bool non_reference = false;
  bool starts_partition = false;
  uint8_t partition = 0;
  std::optional<uint16_t> picture_id;
  bool long_picture_id = false;          // 15 bits rather than 7
  std::optional<uint8_t> tl0_pic_index;  // of the base temporal layer
  std::optional<uint8_t> temporal_id;
  bool layer_sync = false;
  size_t picture_id_offset = 0;     // in the payload, where picture_id is set
  size_t tl0_pic_index_offset = 0;  // in the payload, where tl0_pic_index is set
  size_t size = 0;                  // of the descriptor; the VP8 data follows
};

}  // namespace kms::rtc
