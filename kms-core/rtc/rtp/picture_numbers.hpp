// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "kms-core/rtc/rtp/codec.hpp"
#include "kms-core/rtc/wire/bytes.hpp"

namespace kms::rtc {

// What is added to the picture numbers of a source on their way to a receiver, each modulo its own width.
struct PictureShift {
  uint16_t picture_id = 0;
  uint8_t tl0_pic_index = 0;

  explicit operator bool() const { return picture_id != 0 || tl0_pic_index != 0; }
};

// The running numbers in the payload descriptors of VP8 (RFC 7741 section 4.2) and VP9 (RFC 9628
// section 4.2): of pictures, and of those of the base layer. Receivers keep lists by them, so they must go on
// where another source takes over an SSRC. Empty where a packet or its codec has none. Never allocates.
struct PictureNumbers {
  static PictureNumbers of(Codec codec, Bytes payload);

  // As a receiver sees them.
  PictureNumbers moved(const PictureShift& shift) const;
  // What makes these, of the key frame that a source begins with, the next after `last`.
  PictureShift shift_to_follow(const PictureNumbers& last) const;

  std::optional<uint16_t> picture_id;  // of 7 or 15 bits
  std::optional<uint8_t> tl0_pic_index;
};

// Rewrites the numbers of a packet in place.
void shift_pictures(Codec codec, const PictureShift& shift, MutableBytes payload);

}  // namespace kms::rtc
