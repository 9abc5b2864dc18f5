// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace kms::webrtc {

// A description of ours as it is when candidates are told apart from it, and it says that they are (RFC
// 8840).
std::string for_trickle(const std::string& sdp);
struct LinePlace {
  std::string mid;
  uint32_t index = 0;
};
// The first m-line that is not rejected: it has the transport of all (BUNDLE). Nothing when all are, or have
// no mid.
std::optional<LinePlace> first_in_use(const std::string& sdp);

}  // namespace kms::webrtc
