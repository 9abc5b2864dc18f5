// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/sdp/negotiated_line.hpp"

#include <algorithm>

#include "kms-core/rtc/sdp/format_parameters.hpp"
#include "kms-core/rtc/sdp/sdp_text.hpp"

namespace kms::rtc {
namespace {

bool has(const PayloadFormat& payload, std::string_view feedback) {
  return std::ranges::find(payload.feedback, feedback) != payload.feedback.end();
}

void agree_on_feedback(const PayloadFormat& chosen, NegotiatedLine& line) {
  const bool video = line.kind == MediaKind::kVideo;
  line.nack = video && has(chosen, "nack");
  line.pli = video && has(chosen, "nack pli");
  line.fir = video && has(chosen, "ccm fir");
  line.transport_cc = has(chosen, "transport-cc");
  line.remb = video && !line.transport_cc && has(chosen, "goog-remb");
}

// Without NACK nobody would ask for what RTX repairs.
uint8_t rtx_type_of(const MediaDescription& theirs, const NegotiatedLine& line) {
  if (!line.nack) return 0;
  for (const auto& payload : theirs.payloads) {
    const bool is_rtx = equals_ignoring_case(payload.encoding, "rtx");
    if (is_rtx && repaired_type_of(payload.parameters) == line.payload_type) return payload.type;
  }
  return 0;
}

// It has to repeat the one codec of the line.
const PayloadFormat* red_of(const MediaDescription& theirs, const PayloadFormat& chosen) {
  if (theirs.kind != MediaKind::kAudio) return nullptr;
  const auto repeats = [&](const PayloadFormat& payload) {
    const bool is_red = equals_ignoring_case(payload.encoding, "red") &&
                        payload.clock_rate == chosen.clock_rate && payload.channels == chosen.channels;
    return is_red && is_muxable(payload.type) && redundant_type_of(payload.parameters) == chosen.type;
  };
  const auto found = std::ranges::find_if(theirs.payloads, repeats);
  return found == theirs.payloads.end() ? nullptr : &*found;
}

void add_red(const MediaDescription& theirs, const PayloadFormat& chosen, NegotiatedLine& line) {
  const auto* red = red_of(theirs, chosen);
  if (red == nullptr) return;
  line.red_payload_type = red->type;
  line.prefers_red = red < &chosen;
}

void read_sources(const MediaDescription& theirs, NegotiatedLine& line) {
  line.stream_id = theirs.stream_id;
  line.track_id = theirs.track_id;
  if (theirs.ssrcs.empty()) return;
  line.ssrc = theirs.ssrcs.front().ssrc;
  line.cname = theirs.ssrcs.front().cname;
  for (const auto& group : theirs.ssrc_groups) {
    if (group.semantics != "FID" || group.ssrcs.size() != 2) continue;
    line.ssrc = group.ssrcs[0];
    line.rtx_ssrc = group.ssrcs[1];
    return;
  }
}

}  // namespace

NegotiatedLine read_line(const MediaDescription& theirs, const PayloadFormat& chosen,
                         std::span<const ExtensionKind> kinds) {
  NegotiatedLine line;
  line.accepted = true;
  line.kind = theirs.kind;
  line.mid = theirs.mid;
  line.codec = {codec_of(chosen).value_or(Codec::kOpus), chosen.parameters};
  line.payload_type = chosen.type;
  line.reduced_size = theirs.rtcp_reduced_size;
  agree_on_feedback(chosen, line);
  line.rtx_payload_type = rtx_type_of(theirs, line);
  add_red(theirs, chosen, line);
  for (const auto& extension : theirs.extensions) {
    const auto kind = extension_of(extension.uri);
    const bool wanted = kind && std::ranges::find(kinds, *kind) != kinds.end();
    const bool fresh = wanted && line.extensions.id_of(*kind) == 0;
    if (fresh && extension.id <= ExtensionIdMap::kMaxId)
      line.extensions.set(*kind, static_cast<uint8_t>(extension.id));
  }
  if (sends(theirs.direction)) read_sources(theirs, line);
  return line;
}

}  // namespace kms::rtc
