// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtp/vp9_descriptor.hpp"

#include "kms-core/rtc/wire/byte_reader.hpp"

namespace kms::rtc {
namespace {

void read_vp9_picture_id(ByteReader& reader, Vp9Descriptor& to) {
  const uint8_t first = reader.u8();
  to.long_picture_id = (first & 0x80) != 0;
  to.picture_id = to.long_picture_id ? static_cast<uint16_t>((first & 0x7f) << 8 | reader.u8()) : first;
}

void read_layers(ByteReader& reader, size_t payload_size, Vp9Descriptor& to) {
  const uint8_t layers = reader.u8();
  to.temporal_id = static_cast<uint8_t>(layers >> 5);
  to.switching_up = (layers & 0x10) != 0;
  to.spatial_id = static_cast<uint8_t>(layers >> 1 & 0x07);
  to.depends_on_lower = (layers & 0x01) != 0;
  if (to.flexible) return;
  to.tl0_pic_index_offset = payload_size - reader.left();
  to.tl0_pic_index = reader.u8();
}

}  // namespace

std::optional<Vp9Descriptor> Vp9Descriptor::parse(Bytes payload) {
  ByteReader reader(payload);
  Vp9Descriptor descriptor;
  const uint8_t first = reader.u8();
  descriptor.inter_predicted = (first & 0x40) != 0;
  descriptor.flexible = (first & 0x10) != 0;
  descriptor.starts_frame = (first & 0x08) != 0;
  descriptor.ends_frame = (first & 0x04) != 0;
  descriptor.has_structure = (first & 0x02) != 0;
  if ((first & 0x80) != 0) {
    descriptor.picture_id_offset = payload.size() - reader.left();
    read_vp9_picture_id(reader, descriptor);
  }
  if ((first & 0x20) != 0) read_layers(reader, payload.size(), descriptor);
  if (!reader.ok()) return std::nullopt;
  return descriptor;
}

}  // namespace kms::rtc
