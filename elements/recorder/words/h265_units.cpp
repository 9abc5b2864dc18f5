// SPDX-License-Identifier: Apache-2.0
#include "elements/recorder/words/h265_units.hpp"

namespace kms::recorder::h265 {
namespace {

// nal_unit_type (ITU-T H.265 table 7-1).
constexpr unsigned kRaslN = 8;
constexpr unsigned kRaslR = 9;
constexpr unsigned kBlaWithDecodable = 17;
constexpr unsigned kCra = 21;
constexpr unsigned kFirstThatIsNoSlice = 32;
constexpr uint8_t kOtherBits = 0x81;  // of a unit's first byte

// Of hvcC (ISO 14496-15, 8.3.3.1.2).
constexpr size_t kLengthAt = 21;

unsigned type_of(uint8_t first) { return first >> 1U & 0x3fU; }

// Calls `see` with the first byte of each slice, until it returns false.
template <typename Byte, typename See>
void each_slice(std::span<Byte> rest, size_t length_bytes, const See& see) {
  while (rest.size() > length_bytes) {
    size_t length = 0;
    for (size_t i = 0; i < length_bytes; ++i) length = length << 8U | rest[i];
    rest = rest.subspan(length_bytes);
    if (length == 0) continue;
    if (type_of(rest[0]) < kFirstThatIsNoSlice && !see(rest[0])) return;
    if (length >= rest.size()) return;
    rest = rest.subspan(length);
  }
}

}  // namespace

size_t length_bytes_of(std::string_view hvcc) {
  return hvcc.size() <= kLengthAt ? 0 : (static_cast<unsigned char>(hvcc[kLengthAt]) & 3U) + 1;
}

std::optional<Picture> picture_of(std::span<const uint8_t> picture, size_t length_bytes) {
  std::optional<Picture> out;
  each_slice(picture, length_bytes, [&](uint8_t first) {
    const auto type = type_of(first);
    const bool skipped = type == kRaslN || type == kRaslR;
    out = skipped ? Picture::kSkipped : type == kCra ? Picture::kCra : Picture::kOther;
    return false;
  });
  return out;
}

void break_link(std::span<uint8_t> picture, size_t length_bytes) {
  each_slice(picture, length_bytes, [](uint8_t& first) {
    if (type_of(first) == kCra) first = static_cast<uint8_t>((first & kOtherBits) | kBlaWithDecodable << 1U);
    return true;
  });
}

}  // namespace kms::recorder::h265
