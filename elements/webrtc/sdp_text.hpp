// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace kms::webrtc {

// A description as it is when candidates are told apart from it (RFC 8840).
std::string without_candidates(const std::string& sdp);
// The mid of the first m-line; empty when it has none.
std::string first_mid(const std::string& sdp);

}  // namespace kms::webrtc
