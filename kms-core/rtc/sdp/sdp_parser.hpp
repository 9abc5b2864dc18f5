// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "kms-core/base/status.hpp"
#include "kms-core/rtc/sdp/session_description.hpp"

namespace kms::rtc {

// Reads a session description. Attributes nobody here knows are skipped, as RFC 8866 section 5.13 wants it;
// what is known must be well-formed. Attributes of the session level are copied to every m-line that has no
// own ones. INVALID_ARGUMENT with a reason SDP_..., the line at fault in the text and in the metadata "line".
// Memory is bounded by sdp_limits.
Result<SessionDescription> parse_sdp(std::string_view text);

}  // namespace kms::rtc
