// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "kms-core/base/status.hpp"

namespace kms::rtc {

// INVALID_ARGUMENT with the text "line 7: ..." and the metadata {"line": "7"}; line 0: about the whole.
Status sdp_error(size_t line, std::string_view reason, std::string_view text);

// Foreign text, fit for an error message: in quotes, shortened, only printable ASCII.
std::string quoted(std::string_view text);

}  // namespace kms::rtc
