// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/wire/bytes.hpp"

namespace kms::rtc {

// CRC-32 as in ITU-T V.42, what STUN's FINGERPRINT is made of (RFC 8489 section 14.7).
uint32_t crc32(Bytes bytes);

}  // namespace kms::rtc
