// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "kms-core/rtc/wire/bytes.hpp"

namespace kms::rtc {

enum class ExtensionForm : uint8_t { kNone, kOneByte, kTwoByte };

inline constexpr uint16_t kOneByteProfile = 0xbede;
inline constexpr uint16_t kTwoByteProfile = 0x1000;  // the low four bits are the application's

struct ExtensionElement {
  uint8_t id;
  Bytes value;
};

// Walks the elements of a header extension block, one or two byte form (RFC 8285 sections 4.2 and 4.3).
// Padding is skipped; an element that overruns the block, and in the one-byte form id 15 or id 0 with a
// length, ends the walk.
// Never allocates.
class ExtensionReader {
 public:
  ExtensionReader(uint16_t profile, Bytes block);

  // The next element, or nothing at the end.
  std::optional<ExtensionElement> next();
  // Searches from here on; ids are unique in a well-formed packet, the first one counts.
  std::optional<Bytes> find(uint8_t id);

 private:
  ExtensionForm form_;
  Bytes rest_;
};

}  // namespace kms::rtc
