// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "kms-core/rtc/wire/bytes.hpp"

namespace kms::rtc {

// The SHA-256 fingerprint of a certificate, as SDP carries it (RFC 8122 section 5).
struct Fingerprint {
  // From the value of an a=fingerprint line: "sha-256 AB:CD:...". Nothing for other hashes and wrong text.
  static std::optional<Fingerprint> parse(std::string_view value);
  // "sha-256 AB:CD:...", upper case.
  std::string text() const;

  bool operator==(const Fingerprint&) const = default;

  std::array<uint8_t, 32> digest{};
};

}  // namespace kms::rtc
