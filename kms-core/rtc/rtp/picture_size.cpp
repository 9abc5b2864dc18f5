// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtp/picture_size.hpp"

#include <algorithm>

#include "kms-core/rtc/rtp/h264_sps.hpp"
#include "kms-core/rtc/rtp/vp8_descriptor.hpp"
#include "kms-core/rtc/rtp/vp9_descriptor.hpp"
#include "kms-core/rtc/wire/byte_reader.hpp"

namespace kms::rtc {
namespace {

std::optional<PictureSize> if_any(const ByteReader& reader, const PictureSize& size) {
  return reader.ok() && size.pixels() > 0 ? std::optional(size) : std::nullopt;
}

std::optional<PictureSize> vp8_size(Bytes payload) {
  constexpr uint32_t kStartCode = 0x9d012a;
  constexpr uint16_t kSize = 0x3fff;  // above it: how it is to be scaled
  const auto descriptor = Vp8Descriptor::parse(payload);
  if (!descriptor || !descriptor->starts_frame()) return std::nullopt;
  ByteReader reader(payload.subspan(descriptor->size));
  const bool key_frame = (reader.u24() >> 16 & 1) == 0;
  if (!key_frame || reader.u24() != kStartCode) return std::nullopt;
  const auto little_endian = [&] {
    const auto low = reader.u8();
    return static_cast<uint32_t>((low | reader.u8() << 8) & kSize);
  };
  PictureSize size;
  size.width = little_endian();
  size.height = little_endian();
  return if_any(reader, size);
}

std::optional<PictureSize> vp9_size(Bytes payload) {
  const auto sizes = vp9_layer_sizes(payload);
  if (!sizes) return std::nullopt;
  const auto largest =
      std::max_element(sizes->all.begin(), sizes->all.end(),
                       [](const PictureSize& a, const PictureSize& b) { return a.pixels() < b.pixels(); });
  return largest->pixels() > 0 ? std::optional(*largest) : std::nullopt;
}

std::optional<PictureSize> h264_size(Bytes payload) {
  constexpr uint8_t kAggregate = 24;  // STAP-A
  if (payload.empty() || (payload[0] & 0x1f) != kAggregate) return h264_picture_size(payload);
  ByteReader units(payload.subspan(1));
  while (units.left() > 0) {
    if (const auto size = h264_picture_size(units.bytes(units.u16()))) return size;
  }
  return std::nullopt;
}

}  // namespace

// Of a key picture: without lists of references.
std::optional<LayerSizes> vp9_layer_sizes(Bytes payload) {
  const auto descriptor = Vp9Descriptor::parse(payload);
  if (!descriptor || !descriptor->has_structure || descriptor->inter_predicted) return std::nullopt;
  ByteReader reader(payload);
  reader.skip(1);
  if (descriptor->picture_id) reader.skip(descriptor->long_picture_id ? 2 : 1);
  if (descriptor->spatial_id) reader.skip(descriptor->flexible ? 1 : 2);
  const auto structure = reader.u8();
  const bool has_sizes = (structure & 0x10) != 0;
  if (!has_sizes) return std::nullopt;
  LayerSizes sizes;
  sizes.count = (structure >> 5) + size_t{1};
  for (size_t i = 0; i < sizes.count; ++i) {
    const uint32_t width = reader.u16();
    sizes.all[i] = {width, reader.u16()};
  }
  return reader.ok() ? std::optional(sizes) : std::nullopt;
}

std::optional<PictureSize> picture_size_of(Codec codec, Bytes payload) {
  if (codec == Codec::kVp8) return vp8_size(payload);
  if (codec == Codec::kVp9) return vp9_size(payload);
  if (codec == Codec::kH264) return h264_size(payload);
  return std::nullopt;
}

}  // namespace kms::rtc
