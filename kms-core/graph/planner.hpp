// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "kms-core/base/status.hpp"
#include "kms-core/graph/format.hpp"

namespace kms::graph {

// How media gets from a source port to a sink port: the steps in their order. Without any it is handed on as
// it is: packets on the RTP plane, where GStreamer never sees them, all else as a copy.
struct Way {
  bool known = false;      // false: the source does not know yet what it offers
  bool depayload = false;  // from the RTP plane to the media plane
  bool decode = false;
  bool encode = false;
  bool payload = false;  // from the media plane to the RTP plane
  Format from = {};
  Format to = {};
  // Of the transcoding: SINK_TAKES_RAW, SOURCE_IS_RAW, CODEC_NOT_ACCEPTED, STREAM_UNSUITABLE,
  // KEY_FRAMES_RARE.
  std::string reason = {};

  bool transcodes() const { return decode || encode; }
};

// What the planner knows about the two ends of a link.
struct Ends {
  MediaKind kind;
  Formats offers;   // best first; empty: not known yet
  Formats accepts;  // best first
  bool refuse_transcoding = false;
  // Not empty: why the source's stream as it is suits no receiver of RTP of its codec. STREAM_UNSUITABLE:
  // pictures come in another order than they are shown or lie on their side, or its parameters are not those
  // that were agreed. KEY_FRAMES_RARE: who lost something would wait too long.
  std::string unsuitable = {};
};

// What this machine can do with a codec.
struct Abilities {
  using Test = std::function<bool(const std::string& codec)>;
  Test can_decode;
  Test can_encode;
  Test can_depayload;
  Test can_payload;
  static Abilities of_this_machine();
};

// The cheapest way that works: as it is, packed otherwise, decoded, encoded, both; of equal ones what the
// source offers and the sink accepts first. A pure function of its arguments.
// Errors: NO_COMMON_FORMAT, TRANSCODING_REFUSED.
Result<Way> choose_way(const Ends& ends, const Abilities& abilities);

// One step of the ladder that encoders stand on.
struct Rung {
  uint32_t bitrate_bps;
  uint32_t max_height;
};

// From the lowest to the highest.
std::span<const Rung> ladder();
// The lowest step that suits pictures of this height; the highest for larger ones.
Rung rung_for_height(uint32_t height);
uint32_t audio_bitrate_bps(const std::string& codec);

// For people: "copy", "forward", "depayload VP8", "depayload VP8, decode VP8, encode H264, payload H264".
std::string to_text(const Way& way, MediaKind kind);

}  // namespace kms::graph
