// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "kms-core/rtc/sdp/session_description.hpp"

namespace kms::rtc {

// The text of a session description, lines ended with CRLF. What parse_sdp() reads from it is the same again.
std::string write_sdp(const SessionDescription& session);

}  // namespace kms::rtc
