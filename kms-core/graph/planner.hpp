// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "kms-core/base/status.hpp"
#include "kms-core/graph/format.hpp"

namespace kms::graph {

// How media gets from a source port to a sink port. `decode` and `encode` together: first one, then the
// other.
struct Way {
  bool known = false;  // false: the source does not know yet what it offers
  bool decode = false;
  bool encode = false;
  Format from = {};
  Format to = {};
  std::string reason = {};  // of the transcoding: SINK_TAKES_RAW, SOURCE_IS_RAW, CODEC_NOT_ACCEPTED

  bool transcodes() const { return decode || encode; }
};

// What the planner knows about the two ends of a link.
struct Ends {
  MediaKind kind;
  Formats offers;   // best first; empty: not known yet
  Formats accepts;  // best first
  bool refuse_transcoding = false;
};

// Which codecs this machine can decode and encode.
struct Abilities {
  std::function<bool(const std::string&)> can_decode;
  std::function<bool(const std::string&)> can_encode;
  static Abilities of_this_machine();
};

// The cheapest way that works: as it is, decoded, encoded, both. A pure function of its arguments.
// Errors: NO_COMMON_FORMAT, TRANSCODING_REFUSED.
Result<Way> choose_way(const Ends& ends, const Abilities& abilities);

// One step of the ladder that encoders stand on.
struct Rung {
  uint32_t bitrate_bps;
  uint32_t max_height;
};

// The lowest step that suits pictures of this height; the highest for larger ones.
Rung rung_for_height(uint32_t height);
uint32_t audio_bitrate_bps(const std::string& codec);

// For people: "copy", "decode H264", "decode H264, encode VP8".
std::string to_text(const Way& way, MediaKind kind);

}  // namespace kms::graph
