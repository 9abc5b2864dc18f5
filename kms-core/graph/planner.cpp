// SPDX-License-Identifier: Apache-2.0
#include "kms-core/graph/planner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "kms-core/gst/codecs.hpp"

namespace kms::graph {
namespace {

constexpr std::array<Rung, 4> kLadder{{{150'000, 180}, {500'000, 360}, {1'500'000, 720}, {4'000'000, 1080}}};
constexpr uint32_t kSpeechBitrate = 64'000;
constexpr uint32_t kAacBitrate = 128'000;

bool contains(const Formats& formats, const Format& format) {
  return std::find(formats.begin(), formats.end(), format) != formats.end();
}

std::string list(const Formats& formats, MediaKind kind) {
  std::string out;
  for (const auto& format : formats) out += (out.empty() ? "" : ", ") + to_text(format, kind);
  return out;
}

Status no_common_format(const Ends& ends) {
  return error(StatusCode::kFailedPrecondition, "NO_COMMON_FORMAT",
               fmt::format("the source offers {}; the sink takes {}; nothing here converts between them",
                           list(ends.offers, ends.kind), list(ends.accepts, ends.kind)));
}

Way direct(const Format& format) { return {.known = true, .from = format, .to = format}; }

// The first codec of the sink that this machine can make.
const Format* best_encoding(const Ends& ends, const Abilities& abilities) {
  const auto fits = [&](const Format& format) {
    return format.packing == v1::PACKING_ENCODED && abilities.can_encode(format.codec);
  };
  const auto found = std::find_if(ends.accepts.begin(), ends.accepts.end(), fits);
  return found == ends.accepts.end() ? nullptr : &*found;
}

Result<Way> transcode(const Ends& ends, const Format& from, const Abilities& abilities) {
  Way way{.known = true, .from = from};
  way.decode = from.packing != v1::PACKING_RAW;
  if (way.decode && !abilities.can_decode(from.codec)) return no_common_format(ends);
  if (contains(ends.accepts, raw())) {
    way.to = raw();
    way.reason = "SINK_TAKES_RAW";
    return way;
  }
  const auto* to = best_encoding(ends, abilities);
  if (to == nullptr) return no_common_format(ends);
  way.encode = true;
  way.to = *to;
  way.reason = way.decode ? "CODEC_NOT_ACCEPTED" : "SOURCE_IS_RAW";
  return way;
}

}  // namespace

Abilities Abilities::of_this_machine() { return {gst::can_decode, gst::can_encode}; }

Result<Way> choose_way(const Ends& ends, const Abilities& abilities) {
  if (ends.offers.empty()) return Way{};
  for (const auto& offer : ends.offers) {
    if (contains(ends.accepts, offer)) return direct(offer);
  }
  auto way = transcode(ends, ends.offers.front(), abilities);
  if (!way.ok() || !ends.refuse_transcoding) return way;
  return error(StatusCode::kFailedPrecondition, "TRANSCODING_REFUSED",
               fmt::format("{} would have to {}, and the session refuses transcoding", to_text(ends.kind),
                           to_text(*way, ends.kind)));
}

Rung rung_for_height(uint32_t height) {
  const auto* fits = std::find_if(kLadder.begin(), kLadder.end(),
                                  [height](const Rung& rung) { return height <= rung.max_height; });
  return fits == kLadder.end() ? kLadder.back() : *fits;
}

uint32_t audio_bitrate_bps(const std::string& codec) { return codec == "AAC" ? kAacBitrate : kSpeechBitrate; }

std::string to_text(const Way& way, MediaKind kind) {
  if (!way.known) return "waiting for media";
  if (!way.transcodes()) return "copy";
  std::string out;
  if (way.decode) out = "decode " + to_text(way.from, kind);
  if (way.encode) out += (out.empty() ? "encode " : ", encode ") + to_text(way.to, kind);
  return out;
}

}  // namespace kms::graph
