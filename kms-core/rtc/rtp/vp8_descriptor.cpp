// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtp/vp8_descriptor.hpp"

#include "kms-core/rtc/wire/byte_reader.hpp"

namespace kms::rtc {
namespace {

void read_picture_id(ByteReader& reader, Vp8Descriptor& to) {
  const uint8_t first = reader.u8();
  to.long_picture_id = (first & 0x80) != 0;
  to.picture_id = to.long_picture_id ? static_cast<uint16_t>((first & 0x7f) << 8 | reader.u8()) : first;
}

void read_extension(ByteReader& reader, size_t payload_size, Vp8Descriptor& to) {
  const uint8_t present = reader.u8();
  if ((present & 0x80) != 0) {
    to.picture_id_offset = payload_size - reader.left();
    read_picture_id(reader, to);
  }
  if ((present & 0x40) != 0) {
    to.tl0_pic_index_offset = payload_size - reader.left();
    to.tl0_pic_index = reader.u8();
  }
  if ((present & 0x30) == 0) return;
  const uint8_t layers = reader.u8();
  if ((present & 0x20) != 0) to.temporal_id = static_cast<uint8_t>(layers >> 6);
  to.layer_sync = (present & 0x20) != 0 && (layers & 0x20) != 0;
}

}  // namespace

std::optional<Vp8Descriptor> Vp8Descriptor::parse(Bytes payload) {
  ByteReader reader(payload);
  Vp8Descriptor descriptor;
  const uint8_t first = reader.u8();
  descriptor.non_reference = (first & 0x20) != 0;
  descriptor.starts_partition = (first & 0x10) != 0;
  descriptor.partition = first & 0x07;
  if ((first & 0x80) != 0) read_extension(reader, payload.size(), descriptor);
  if (!reader.ok()) return std::nullopt;
  descriptor.size = payload.size() - reader.left();
  return descriptor;
}

}  // namespace kms::rtc
