// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "kms-core/rtc/wire/bytes.hpp"

namespace kms::rtc {

// The front of the VP9 payload descriptor (RFC 9628 section 4.2), up to the layer indices; reference lists
// and the scalability structure are left unread. Fields that the packet does not carry are empty.
struct Vp9Descriptor {
  static std::optional<Vp9Descriptor> parse(Bytes payload);

  bool inter_predicted = false;  // P: uses earlier pictures
  bool flexible = false;         // F
  bool starts_frame = false;     // B, of one spatial layer
  bool ends_frame = false;       // E
  bool has_structure = false;    // V: a scalability structure follows
  std::optional<uint16_t> picture_id;
  bool long_picture_id = false;  // 15 bits rather than 7
  std::optional<uint8_t> temporal_id;
  std::optional<uint8_t> spatial_id;
  bool switching_up = false;             // U
  bool depends_on_lower = false;         // D: uses the lower spatial layer of this picture
  std::optional<uint8_t> tl0_pic_index;  // only in non-flexible mode
  size_t picture_id_offset = 0;          // in the payload, where picture_id is set
  size_t tl0_pic_index_offset = 0;       // in the payload, where tl0_pic_index is set
};

}  // namespace kms::rtc
