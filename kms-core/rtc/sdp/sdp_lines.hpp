// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "kms-core/base/status.hpp"

namespace kms::rtc {

// What a session description may cost us at most. A browser's video m-line has about 5 KB.
namespace sdp_limits {
inline constexpr size_t kSize = 512 * 1024;
inline constexpr size_t kLines = 16 * 1024;
inline constexpr size_t kLineSize = 4096;
inline constexpr size_t kMedia = 128;
inline constexpr size_t kWordSize = 256;     // what is copied to every m-line
inline constexpr size_t kSsrcs = 64;         // in an m-line
inline constexpr size_t kRids = 16;          // in an m-line
inline constexpr size_t kExtensions = 64;    // in an m-line
inline constexpr size_t kFeedback = 256;     // in an m-line
inline constexpr size_t kFeedbackSize = 64;  // longer ones nobody has heard of
inline constexpr size_t kCrypto = 32;        // in an m-line; more are ignored
inline constexpr size_t kBandwidths = 16;    // in an m-line; more are ignored
inline constexpr size_t kCandidates = 64;    // in an m-line; more are ignored
}  // namespace sdp_limits

// "type=value"; `number` counts from 1.
struct SdpLine {
  char type;
  std::string_view value;
  size_t number;
};

// Cuts a session description into lines that end with CRLF or LF (RFC 8866 section 5); the last may lack its
// end. Refuses what exceeds the limits, is no text, or has not the form of a line. The views look into
// `text`.
Result<std::vector<SdpLine>> split_sdp(std::string_view text);

}  // namespace kms::rtc
