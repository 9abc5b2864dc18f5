// SPDX-License-Identifier: Apache-2.0
#include "kms-core/graph/planner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "kms-core/bridge/gst_to_rtp.hpp"
#include "kms-core/bridge/rtp_to_gst.hpp"
#include "kms-core/gst/codecs.hpp"

namespace kms::graph {
namespace {

constexpr std::array<Rung, 4> kLadder{{{150'000, 180}, {500'000, 360}, {1'500'000, 720}, {4'000'000, 1080}}};
constexpr uint32_t kSpeechBitrate = 64'000;
constexpr uint32_t kAacBitrate = 128'000;

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

bool is_raw(const Format& format) { return format.packing == v1::PACKING_RAW; }
bool is_rtp(const Format& format) { return format.packing == v1::PACKING_RTP; }

// What would have to be done to make `to` of `from`.
Way steps(const Format& from, const Format& to, const Ends& ends) {
  Way way{.known = true, .from = from, .to = to};
  const bool recode = from.codec != to.codec || (!ends.unsuitable.empty() && !is_raw(from) && is_rtp(to));
  if (from == to && !recode) return way;
  way.decode = recode && !is_raw(from);
  way.encode = recode && !is_raw(to);
  way.depayload = is_rtp(from);
  way.payload = is_rtp(to);
  if (!recode) return way;
  if (is_raw(to)) {
    way.reason = "SINK_TAKES_RAW";
  } else if (is_raw(from)) {
    way.reason = "SOURCE_IS_RAW";
  } else {
    way.reason = from.codec == to.codec ? ends.unsuitable : "CODEC_NOT_ACCEPTED";
  }
  return way;
}

bool works(const Way& way, const Abilities& abilities) {
  return (!way.depayload || abilities.can_depayload(way.from.codec)) &&
         (!way.decode || abilities.can_decode(way.from.codec)) &&
         (!way.encode || abilities.can_encode(way.to.codec)) &&
         (!way.payload || abilities.can_payload(way.to.codec));
}

// A step of a kind costs more than all kinds before it together.
unsigned cost(const Way& way) {
  return static_cast<unsigned>(way.depayload) + static_cast<unsigned>(way.payload) +
         4 * static_cast<unsigned>(way.decode) + 16 * static_cast<unsigned>(way.encode);
}

Status refused(const Way& way, MediaKind kind) {
  return error(StatusCode::kFailedPrecondition, "TRANSCODING_REFUSED",
               fmt::format("{} would have to {}, and the session refuses transcoding", to_text(kind),
                           to_text(way, kind)));
}

}  // namespace

Abilities Abilities::of_this_machine() {
  const auto known = [](bool (*test)(rtc::Codec)) {
    return [test](const std::string& name) {
      const auto codec = rtc::codec_named(name);
      return codec && test(*codec);
    };
  };
  return {gst::can_decode, gst::can_encode, known(bridge::RtpToGst::knows), known(bridge::GstToRtp::knows)};
}

Result<Way> choose_way(const Ends& ends, const Abilities& abilities) {
  if (ends.offers.empty()) return Way{};
  std::optional<Way> best;
  for (const auto& offer : ends.offers) {
    for (const auto& accepted : ends.accepts) {
      auto way = steps(offer, accepted, ends);
      if (works(way, abilities) && (!best || cost(way) < cost(*best))) best = std::move(way);
    }
  }
  if (!best) return no_common_format(ends);
  if (ends.refuse_transcoding && best->transcodes()) return refused(*best, ends.kind);
  return *best;
}

std::span<const Rung> ladder() { return kLadder; }

Rung rung_for_height(uint32_t height) {
  const auto* fits = std::find_if(kLadder.begin(), kLadder.end(),
                                  [height](const Rung& rung) { return height <= rung.max_height; });
  return fits == kLadder.end() ? kLadder.back() : *fits;
}

uint32_t audio_bitrate_bps(const std::string& codec) { return codec == "AAC" ? kAacBitrate : kSpeechBitrate; }

std::string to_text(const Way& way, MediaKind kind) {
  if (!way.known) return "waiting for media";
  if (way.from == way.to && !way.transcodes())
    return way.from.packing == v1::PACKING_RTP ? "forward" : "copy";
  std::string out;
  const auto add = [&](bool wanted, const char* verb, const Format& format) {
    if (!wanted) return;
    out +=
        (out.empty() ? "" : ", ") + fmt::format("{} {}", verb, is_raw(format) ? to_text(kind) : format.codec);
  };
  add(way.depayload, "depayload", way.from);
  add(way.decode, "decode", way.from);
  add(way.encode, "encode", way.to);
  add(way.payload, "payload", way.to);
  return out;
}

}  // namespace kms::graph
