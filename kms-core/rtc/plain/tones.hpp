// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "kms-core/rtc/wire/bytes.hpp"
#include "kms-core/rtc/wire/clock.hpp"

namespace kms::rtc {

// The payload of a telephone event (RFC 4733 section 2.3).
struct ToneEvent {
  static constexpr size_t kSize = 4;

  uint8_t code = 0;
  bool end = false;
  uint16_t duration = 0;  // so far, in units of the clock

  static std::optional<ToneEvent> parse(Bytes payload);
  std::array<uint8_t, kSize> bytes() const;
};

// 0-9, *, #, A-D are the codes 0 to 15. Nothing for others.
std::optional<uint8_t> tone_code_of(char tone);
std::optional<char> tone_of(uint8_t code);

}  // namespace kms::rtc
