// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtp/picture_numbers.hpp"

#include "kms-core/rtc/rtp/vp8_descriptor.hpp"
#include "kms-core/rtc/rtp/vp9_descriptor.hpp"

namespace kms::rtc {
namespace {

constexpr uint16_t kLongId = 0x7fff;
constexpr uint16_t kShortId = 0x7f;

// The numbers and where they are, from either descriptor: its fields have the same names.
struct Found {
  PictureNumbers numbers;
  bool long_picture_id = false;
  size_t picture_id_offset = 0;
  size_t tl0_pic_index_offset = 0;
};

template <typename Descriptor>
Found read(Bytes payload) {
  const auto descriptor = Descriptor::parse(payload);
  if (!descriptor) return {};
  return {{descriptor->picture_id, descriptor->tl0_pic_index},
          descriptor->long_picture_id,
          descriptor->picture_id_offset,
          descriptor->tl0_pic_index_offset};
}

Found find(Codec codec, Bytes payload) {
  if (codec == Codec::kVp8) return read<Vp8Descriptor>(payload);
  if (codec == Codec::kVp9) return read<Vp9Descriptor>(payload);
  return {};
}

}  // namespace

PictureNumbers PictureNumbers::of(Codec codec, Bytes payload) { return find(codec, payload).numbers; }

PictureNumbers PictureNumbers::moved(const PictureShift& shift) const {
  PictureNumbers to;
  if (picture_id) to.picture_id = (*picture_id + shift.picture_id) & kLongId;
  if (tl0_pic_index) to.tl0_pic_index = static_cast<uint8_t>(*tl0_pic_index + shift.tl0_pic_index);
  return to;
}

PictureShift PictureNumbers::shift_to_follow(const PictureNumbers& last) const {
  PictureShift shift;
  if (picture_id && last.picture_id) shift.picture_id = (*last.picture_id + 1 - *picture_id) & kLongId;
  if (tl0_pic_index && last.tl0_pic_index)
    shift.tl0_pic_index = static_cast<uint8_t>(*last.tl0_pic_index + 1 - *tl0_pic_index);
  return shift;
}

void shift_pictures(Codec codec, const PictureShift& shift, MutableBytes payload) {
  const auto found = find(codec, payload);
  const auto to = found.numbers.moved(shift);
  if (to.picture_id && found.long_picture_id) {
    store_u16(&payload[found.picture_id_offset], static_cast<uint16_t>(0x8000 | *to.picture_id));
  } else if (to.picture_id) {
    payload[found.picture_id_offset] = static_cast<uint8_t>(*to.picture_id & kShortId);
  }
  if (to.tl0_pic_index) payload[found.tl0_pic_index_offset] = *to.tl0_pic_index;
}

}  // namespace kms::rtc
