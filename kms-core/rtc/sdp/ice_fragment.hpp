// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kms-core/rtc/ice/ice_credentials.hpp"
#include "kms-core/rtc/ice/remote_candidate.hpp"

namespace kms::rtc {

// What a peer says of its ICE apart from an offer: application/trickle-ice-sdpfrag (RFC 8840 section 9), as
// WHIP's PATCH has it.
struct IceFragment {
  static constexpr size_t kLargest = 64 * 1024;  // bytes of text

  // Of the first m-line, which counts for all (BUNDLE); nothing if the fragment names none.
  std::optional<IceCredentials> credentials;
  std::vector<RemoteCandidate> candidates;  // at most sdp_limits::kCandidates; more are ignored
  bool complete = false;                    // no more candidates will come
};

// Reasons of failure: SDP_..., CANDIDATE_INVALID; SDP_EMPTY also where nothing is said of ICE.
Result<IceFragment> parse_ice_fragment(std::string_view text);

// What a fragment of ours begins with, all that it needs of `answer`, a description of ours: its first m-line
// in use.
std::string ice_fragment_head(std::string_view answer);
// The fragment that answers a restart: `local` and `candidates` ("candidate:...") behind that head.
std::string write_ice_fragment(std::string_view head, const IceCredentials& local,
                               const std::vector<std::string>& candidates);

}  // namespace kms::rtc
