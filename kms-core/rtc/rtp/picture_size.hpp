// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "kms-core/rtc/rtp/codec.hpp"
#include "kms-core/rtc/wire/bytes.hpp"

namespace kms::rtc {

// Of a picture, in pixels, as it is encoded: before it is turned.
struct PictureSize {
  uint32_t width = 0;
  uint32_t height = 0;

  bool operator==(const PictureSize&) const = default;
  uint64_t pixels() const { return uint64_t{width} * height; }
};

// What a packet that starts a key frame says of its size: VP8 (RFC 6386 section 9.1), the scalability
// structure of VP9 (RFC 9628 section 4.2.1; of the largest layer), the parameter set of H.264. Nothing for
// other codecs, and where it does not say. Never allocates.
std::optional<PictureSize> picture_size_of(Codec codec, Bytes payload);

// What the scalability structure of VP9 says of each spatial layer, the lowest first.
struct LayerSizes {
  size_t count = 0;
  std::array<PictureSize, 8> all{};
};
// Of a packet that starts a key picture. Nothing where it does not say.
std::optional<LayerSizes> vp9_layer_sizes(Bytes payload);

}  // namespace kms::rtc
