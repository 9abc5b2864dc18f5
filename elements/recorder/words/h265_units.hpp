// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

// Pictures of H.265 as files have them (ISO 14496-15): units, each behind its length.
namespace kms::recorder::h265 {

// How many bytes a length has, 1 to 4, by an hvcC box's contents; 0: that is none.
size_t length_bytes_of(std::string_view hvcc);

// What a picture is by its first slice; nothing where it has none.
enum class Picture : uint8_t {
  kOther,
  kCra,      // a key frame that counts on from the pictures before it
  kSkipped,  // RASL: shown before such a key frame, it refers to pictures before that
};
std::optional<Picture> picture_of(std::span<const uint8_t> picture, size_t length_bytes);

// A CRA picture becomes a BLA picture; all others stay as they are.
void break_link(std::span<uint8_t> picture, size_t length_bytes);

}  // namespace kms::recorder::h265
