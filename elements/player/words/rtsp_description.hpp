// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kms-core/base/status.hpp"

namespace kms::player {

// A stream that an RTSP server describes (RFC 2326, appendix C), by the first payload type it names.
struct RtspStream {
  bool video = false;
  uint8_t payload = 0;
  std::string encoding;  // upper case: "H264"
  uint32_t clock_rate = 0;
  uint32_t channels = 0;                                        // 0: not said
  std::vector<std::pair<std::string, std::string>> parameters;  // a=fmtp; names in lower case
  std::string control;                                          // as it is written there
};

struct RtspDescription {
  std::vector<RtspStream> streams;  // sound and pictures, in the order given; at most sixteen
  std::string control;              // of them all
  bool on_demand = false;           // has an end (a=range)
};

// Errors: NOT_MEDIA (no session description).
Result<RtspDescription> parse_rtsp_description(std::string_view sdp);

// The address of a stream: `control` as seen from `base`.
std::string control_uri(const std::string& base, const std::string& control);

}  // namespace kms::player
