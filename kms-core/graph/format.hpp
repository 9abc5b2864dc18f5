// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kms/v1/media.pb.h"

namespace kms::graph {

using v1::Direction;
using v1::MediaKind;
using v1::Packing;

// One form of media. `codec` is an RTP encoding name in upper case ("VP8", "OPUS"), empty for raw media.
struct Format {
  Packing packing = v1::PACKING_UNSPECIFIED;
  std::string codec;
  bool operator==(const Format&) const = default;
};
using Formats = std::vector<Format>;

inline Format raw() { return {v1::PACKING_RAW, {}}; }
inline Format encoded(std::string_view codec) { return {v1::PACKING_ENCODED, std::string(codec)}; }
inline Format rtp(std::string_view codec) { return {v1::PACKING_RTP, std::string(codec)}; }

v1::Format to_proto(const Format& format);

// For people: "raw video", "H264", "H264 in RTP".
std::string to_text(const Format& format, MediaKind kind);
std::string to_text(MediaKind kind);  // "audio", "video", "data"

}  // namespace kms::graph
