// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "kms-core/rtc/rtp/codec.hpp"
#include "kms-core/rtc/wire/bytes.hpp"

namespace kms::rtc {

// No layer above these. A picture of VP8 has no spatial layers: all of it is of layer 0.
struct LayerLimits {
  static constexpr uint8_t kAll = 255;

  uint8_t spatial = kAll;
  uint8_t temporal = kAll;

  bool operator==(const LayerLimits&) const = default;
};

// What a packet says of the layers of its stream: the payload descriptors of VP8 (RFC 7741 section 4.2) and
// VP9 (RFC 9628 section 4.2). Never allocates.
struct LayerMarks {
  static LayerMarks of(Codec codec, Bytes payload);

  bool within(const LayerLimits& limits) const {
    return spatial <= limits.spatial && temporal <= limits.temporal;
  }
  // Of the same picture as another packet of the stream; not if they do not say.
  bool same_picture(const LayerMarks& other) const {
    return id_mask != 0 && id_mask == other.id_mask && picture_id == other.picture_id;
  }

  bool known = false;  // the codec may have layers, and the descriptor can be read
  uint8_t spatial = 0;
  uint8_t temporal = 0;
  bool starts_picture = false;
  bool ends_frame = false;  // VP9: of one spatial layer
  // VP8: Y, it uses no other layer than the base; VP9: U, what follows in higher temporal layers uses no
  // picture before it that is of a higher one than its own.
  bool switches_up = false;
  bool has_tl0 = false;
  uint8_t tl0_pic_index = 0;
  uint16_t picture_id = 0;
  uint16_t id_mask = 0;  // 0x7f or 0x7fff, by the width of the picture's number; 0: it has none
};

}  // namespace kms::rtc
