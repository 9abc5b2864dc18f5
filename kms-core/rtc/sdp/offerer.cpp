// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/sdp/offerer.hpp"

#include <algorithm>

#include "kms-core/rtc/sdp/data_line.hpp"
#include "kms-core/rtc/sdp/line_writer.hpp"
#include "kms-core/rtc/sdp/offer_check.hpp"
#include "kms-core/rtc/sdp/sdp_error.hpp"

namespace kms::rtc {
namespace {

// RFC 6464 is for sound.
bool is_of(ExtensionKind extension, MediaKind line) {
  return extension != ExtensionKind::kAudioLevel || line == MediaKind::kAudio;
}

NegotiatedLine wanted_line(const OfferLine& line, const LocalSide& local, OfferNumbers& numbers) {
  const bool video = line.kind == MediaKind::kVideo;
  NegotiatedLine wanted;
  wanted.accepted = true;
  wanted.kind = line.kind;
  wanted.mid = line.mid;
  wanted.direction = line.direction;
  wanted.transport_cc = wanted.reduced_size = true;
  wanted.nack = wanted.pli = wanted.fir = video;
  for (const auto kind : local.extensions) {
    if (is_of(kind, line.kind)) wanted.extensions.set(kind, numbers.id_of(kind));
  }
  return wanted;
}

MediaDescription shape_of(const OfferLine& line) {
  if (line.outline && !line.outline->formats.empty()) return *line.outline;
  const bool data = line.kind == MediaKind::kApplication;
  MediaDescription shape;
  shape.kind = line.kind;
  shape.kind_name = data ? "application" : line.kind == MediaKind::kVideo ? "video" : "audio";
  shape.protocol = data ? "UDP/DTLS/SCTP" : "UDP/TLS/RTP/SAVPF";
  shape.formats.emplace_back(data ? kDataFormat : "0");
  shape.mid = line.mid;
  return shape;
}

// All codecs of the line in one; without any if there are no payload types left.
MediaDescription with_codecs(const OfferLine& line, const LocalSide& local, OfferNumbers& numbers) {
  auto wanted = wanted_line(line, local, numbers);
  MediaDescription media;
  for (const auto& codec : line.codecs) {
    wanted.codec = codec;
    wanted.payload_type = numbers.type_of(codec);
    if (wanted.payload_type == 0 && codec.codec != Codec::kPcmu) continue;
    wanted.red_payload_type = codec.codec == Codec::kOpus ? numbers.red_of(wanted.payload_type) : uint8_t{0};
    wanted.rtx_payload_type = wanted.nack ? numbers.rtx_of(wanted.payload_type) : uint8_t{0};
    auto one = accepted_line(shape_of(line), wanted, local);
    if (media.payloads.empty()) {
      media = std::move(one);
      continue;
    }
    std::ranges::move(one.payloads, std::back_inserter(media.payloads));
    std::ranges::move(one.formats, std::back_inserter(media.formats));
  }
  return media;
}

// What was agreed on before, but for the direction.
MediaDescription as_before(const OfferLine& line, const LocalSide& local) {
  auto wanted = *line.as;
  wanted.direction = line.direction;
  if (!receives(line.direction)) wanted.rids.clear();
  return accepted_line(shape_of(line), wanted, local);
}

MediaDescription offered_line(const OfferLine& line, const LocalSide& local, OfferNumbers& numbers) {
  if (line.kind == MediaKind::kApplication) {
    auto data = data_line(shape_of(line), line.mid, local);
    data.transport.setup = DtlsSetup::kActPass;
    return data;
  }
  auto media = line.as ? as_before(line, local) : with_codecs(line, local, numbers);
  media.transport.setup = DtlsSetup::kActPass;
  NegotiatedLine repaired;
  repaired.rtx_payload_type = line.as ? line.as->rtx_payload_type : line.kind == MediaKind::kVideo ? 1 : 0;
  if (line.send && sends(line.direction)) write_track(*line.send, repaired, media);
  return media;
}

bool shares_our_transport(const SessionDescription& answer, const MediaDescription& answered) {
  if (answer.bundle.empty()) return &answered == transport_line(answer);
  return std::ranges::find(answer.bundle, answered.mid) != answer.bundle.end();
}

// Encodings that we offered to take and that the peer will send.
std::vector<std::string> answered_rids(const MediaDescription& offered, const MediaDescription& answered) {
  std::vector<std::string> rids;
  for (const auto& rid : answered.simulcast_send) {
    const bool ours = std::ranges::find(offered.simulcast_receive, rid) != offered.simulcast_receive.end();
    if (ours) rids.push_back(rid);
  }
  return rids;
}

NegotiatedLine rejected(const MediaDescription& offered) {
  NegotiatedLine line;
  line.kind = offered.kind;
  line.mid = offered.mid;
  return line;
}

NegotiatedLine read_answered_line(const MediaDescription& offered, const MediaDescription& answered) {
  auto line = rejected(offered);
  if (offered.sctp_port != 0 && is_data_line(answered)) return read_data_line(answered);
  if (!is_acceptable(answered)) return line;
  for (const auto& payload : answered.payloads) {
    const auto ours = std::ranges::find(offered.payloads, payload.type, &PayloadFormat::type);
    if (ours == offered.payloads.end() || !codec_of(payload) || codec_of(payload) != codec_of(*ours))
      continue;
    line = read_line(answered, payload, kUsedExtensions);
    const auto red = std::ranges::find(offered.payloads, line.red_payload_type, &PayloadFormat::type);
    if (red == offered.payloads.end() || red->encoding != "red") line.red_payload_type = 0;
    line.direction = direction_of(sends(offered.direction) && receives(answered.direction),
                                  receives(offered.direction) && sends(answered.direction));
    if (receives(line.direction)) line.rids = answered_rids(offered, answered);
    return line;
  }
  return line;
}

}  // namespace

SessionDescription make_offer(const LocalSide& local, std::span<const OfferLine> lines,
                              OfferNumbers& numbers) {
  SessionDescription offer;
  offer.session_id = local.session_id;
  offer.version = local.version;
  offer.ice_lite = true;
  for (const auto& line : lines) {
    auto media = line.ended ? MediaDescription{} : offered_line(line, local, numbers);
    if (media.formats.empty()) {
      offer.media.push_back(rejected_line(shape_of(line)));
      continue;
    }
    if (!offer.bundle.empty()) {
      media.candidates.clear();
      media.end_of_candidates = false;
    }
    offer.bundle.push_back(line.mid);
    offer.media.push_back(std::move(media));
  }
  limit_video(local.max_receive_bps, offer);
  return offer;
}

SessionDescription make_offer(const LocalSide& local, std::span<const OfferLine> lines) {
  OfferNumbers numbers;
  return make_offer(local, lines, numbers);
}

Result<Negotiation> read_answer(const SessionDescription& offer, const SessionDescription& answer) {
  if (const auto status = check_description(answer); !status.ok()) return status;
  if (answer.media.size() != offer.media.size()) {
    return sdp_error(0, "SDP_ANSWER_MISMATCH",
                     "the answer has " + std::to_string(answer.media.size()) + " m-lines, the offer " +
                         std::to_string(offer.media.size()));
  }
  Negotiation result;
  for (size_t i = 0; i < offer.media.size(); ++i) {
    const auto& theirs = answer.media[i];
    if (theirs.kind != offer.media[i].kind || (theirs.is_active() && theirs.mid != offer.media[i].mid)) {
      return sdp_error(theirs.line, "SDP_ANSWER_MISMATCH",
                       "m-line " + std::to_string(i + 1) + " has another kind or mid");
    }
    const bool reachable = shares_our_transport(answer, theirs);
    result.lines.push_back(reachable ? read_answered_line(offer.media[i], theirs) : rejected(offer.media[i]));
  }
  if (const auto* line = transport_line(answer)) {
    result.has_transport = true;
    const auto& theirs = line->transport;
    if (theirs.setup == DtlsSetup::kActPass) {  // RFC 8842 section 5.3: the answerer has to choose
      return sdp_error(
          line->line, "SDP_ANSWER_MISMATCH",
          "a=setup:actpass is what offers say, an answer is active or passive; was an offer given?");
    }
    result.transport = {theirs.ufrag, theirs.password, *theirs.fingerprint,
                        theirs.setup == DtlsSetup::kPassive};
  }
  return result;
}

}  // namespace kms::rtc
