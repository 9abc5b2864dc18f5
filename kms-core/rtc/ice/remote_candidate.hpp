// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "kms-core/base/status.hpp"

namespace kms::rtc {

// A candidate as a peer tells it (RFC 8839 section 5.1). A lite agent sends no checks, so that nothing is
// done with it; its address may be a name (mDNS).
struct RemoteCandidate {
  std::string foundation;
  uint16_t component = 1;
  std::string protocol;
  uint32_t priority = 0;
  std::string address;
  uint16_t port = 0;
  std::string type;  // "host", "srflx", "prflx", "relay"
};

// Reads "candidate:..." or "a=candidate:...". Reason of failure: CANDIDATE_INVALID.
Result<RemoteCandidate> parse_candidate(std::string_view text);

}  // namespace kms::rtc
