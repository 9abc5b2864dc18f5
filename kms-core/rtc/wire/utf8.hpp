// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/wire/bytes.hpp"

namespace kms::rtc {

// Whether the bytes are UTF-8 (RFC 3629): shortest forms, no surrogates, nothing cut off. NUL is a character.
bool is_utf8(Bytes text);

}  // namespace kms::rtc
