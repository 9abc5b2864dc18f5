// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtp/key_frame.hpp"

#include "kms-core/rtc/rtp/vp8_descriptor.hpp"
#include "kms-core/rtc/rtp/vp9_descriptor.hpp"
#include "kms-core/rtc/wire/byte_reader.hpp"

namespace kms::rtc {
namespace {

bool vp8_key(Bytes payload) {
  const auto descriptor = Vp8Descriptor::parse(payload);
  if (!descriptor || !descriptor->starts_frame() || payload.size() <= descriptor->size) return false;
  return (payload[descriptor->size] & 0x01) == 0;
}

bool vp9_key(Bytes payload) {
  const auto descriptor = Vp9Descriptor::parse(payload);
  return descriptor && descriptor->starts_frame && !descriptor->inter_predicted &&
         descriptor->spatial_id.value_or(0) == 0;
}

bool h264_unit_is_key(uint8_t type) { return type == 5 || type == 7; }  // IDR slice, SPS

// VPS, SPS, or a picture at which decoding may start (IRAP: BLA, IDR, CRA).
bool h265_unit_is_key(uint8_t type) { return (type >= 16 && type <= 21) || type == 32 || type == 33; }

uint8_t h264_type(uint8_t first) { return first & 0x1f; }
uint8_t h265_type(uint8_t first) { return first >> 1 & 0x3f; }

using TypeOf = uint8_t (*)(uint8_t);
using IsKey = bool (*)(uint8_t);

// Aggregated units: 16-bit size and unit, again and again (RFC 6184 section 5.7.1, RFC 7798 section 4.4.2).
bool aggregate_has_key(ByteReader units, TypeOf type_of, IsKey is_key) {
  while (units.left() > 0) {
    const auto unit = units.bytes(units.u16());
    if (!units.ok() || unit.empty()) return false;
    if (is_key(type_of(unit[0]))) return true;
  }
  return false;
}

bool h264_key(Bytes payload) {
  ByteReader reader(payload);
  const uint8_t type = h264_type(reader.u8());
  if (type == 24) return aggregate_has_key(reader, h264_type, h264_unit_is_key);  // STAP-A
  if (type != 28) return reader.ok() && h264_unit_is_key(type);
  const uint8_t fragment = reader.u8();  // FU-A: start bit and type
  return (fragment & 0x80) != 0 && h264_unit_is_key(fragment & 0x1f);
}

bool h265_key(Bytes payload) {
  ByteReader reader(payload);
  const uint16_t head = reader.u16();
  if (!reader.ok() || ((head >> 3) & 0x3f) != 0) return false;  // a layer above the base
  const uint8_t type = h265_type(static_cast<uint8_t>(head >> 8));
  if (type == 48) return aggregate_has_key(reader, h265_type, h265_unit_is_key);
  if (type != 49) return h265_unit_is_key(type);
  const uint8_t fragment = reader.u8();
  return (fragment & 0x80) != 0 && h265_unit_is_key(fragment & 0x3f);
}

bool av1_key(Bytes payload) {
  if (payload.size() < 2) return false;
  const bool continues = (payload[0] & 0x80) != 0;
  const bool new_sequence = (payload[0] & 0x08) != 0;
  return new_sequence && !continues;
}

}  // namespace

bool starts_key_frame(Codec codec, Bytes payload) {
  if (payload.empty()) return false;
  switch (codec) {
    case Codec::kVp8:
      return vp8_key(payload);
    case Codec::kVp9:
      return vp9_key(payload);
    case Codec::kH264:
      return h264_key(payload);
    case Codec::kH265:
      return h265_key(payload);
    case Codec::kAv1:
      return av1_key(payload);
    default:
      return false;
  }
}

}  // namespace kms::rtc
