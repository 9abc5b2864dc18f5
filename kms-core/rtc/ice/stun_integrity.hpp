// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "kms-core/rtc/wire/bytes.hpp"

namespace kms::rtc {

inline constexpr size_t kStunIntegritySize = 20;

// HMAC-SHA1 over the message up to its MESSAGE-INTEGRITY attribute, with the header's length counted to the
// end of that attribute whatever follows it (RFC 8489 section 14.5). `before` is at least a STUN header.
// Nothing if OpenSSL fails.
std::optional<std::array<uint8_t, kStunIntegritySize>> stun_integrity(Bytes before,
                                                                      std::string_view password);

}  // namespace kms::rtc
