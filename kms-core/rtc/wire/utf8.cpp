// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/wire/utf8.hpp"

#include <cstring>

namespace kms::rtc {
namespace {

struct Form {
  size_t size;  // 0: no first byte
  uint32_t least;
  uint32_t bits;
};

Form form_of(uint8_t first) {
  if (first < 0x80) return {1, 0, first};
  if (first < 0xc2) return {0, 0, 0};
  if (first < 0xe0) return {2, 0x80, first & 0x1fu};
  if (first < 0xf0) return {3, 0x800, first & 0x0fu};
  if (first < 0xf5) return {4, 0x10000, first & 0x07u};
  return {0, 0, 0};
}

// The bytes of the character at the front; 0: there is none.
size_t character(Bytes text) {
  const auto form = form_of(text[0]);
  if (form.size == 0 || form.size > text.size()) return 0;
  uint32_t value = form.bits;
  for (const auto byte : text.subspan(1, form.size - 1)) {
    if ((byte & 0xc0) != 0x80) return 0;
    value = value << 6 | (byte & 0x3fu);
  }
  const bool surrogate = value >= 0xd800 && value < 0xe000;
  return value < form.least || value > 0x10ffff || surrogate ? 0 : form.size;
}

// How many of the first bytes are ASCII, counted in eights.
size_t plain_prefix(Bytes text) {
  size_t at = 0;
  for (uint64_t eight = 0; at + sizeof(eight) <= text.size(); at += sizeof(eight)) {
    std::memcpy(&eight, text.data() + at, sizeof(eight));
    if ((eight & 0x8080808080808080) != 0) break;
  }
  return at;
}

}  // namespace

bool is_utf8(Bytes text) {
  while (!text.empty()) {
    text = text.subspan(plain_prefix(text));
    if (text.empty()) return true;
    const size_t size = character(text);
    if (size == 0) return false;
    text = text.subspan(size);
  }
  return true;
}

}  // namespace kms::rtc
