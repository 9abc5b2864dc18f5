// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace kms::rtc {

// The value of `name` in the text of an a=fmtp line, "a=1;b=2"; names are compared without regard to case.
// Nothing if it is not there.
std::optional<std::string_view> parameter_of(std::string_view parameters, std::string_view name);

// The payload type that an RTX payload repairs (RFC 4588 section 8.1).
std::optional<uint8_t> repaired_type_of(std::string_view parameters);

// The payload type of all blocks of RED, "111/111" (RFC 2198 section 5). Nothing if they are of several.
std::optional<uint8_t> redundant_type_of(std::string_view parameters);

}  // namespace kms::rtc
