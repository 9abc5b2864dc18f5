// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/sdp/offerer.hpp"

#include <algorithm>
#include <map>

#include "kms-core/rtc/sdp/line_writer.hpp"
#include "kms-core/rtc/sdp/offer_check.hpp"
#include "kms-core/rtc/sdp/sdp_error.hpp"

namespace kms::rtc {
namespace {

// Hands out payload types: the static ones of RFC 3551, else from 96 up and then from 35 (RFC 5761 keeps 64
// to 95 free), the same for the same codec in every line.
class PayloadTypes {
 public:
  uint8_t of(const CodecChoice& choice) {
    if (choice.codec == Codec::kPcmu) return 0;
    if (choice.codec == Codec::kPcma) return 8;
    if (choice.codec == Codec::kG722) return 9;
    return given(std::string(name_of(choice.codec)) + ' ' + choice.parameters);
  }
  uint8_t rtx_of(uint8_t type) { return given("rtx " + std::to_string(type)); }

 private:
  uint8_t given(const std::string& key) {
    const auto [found, fresh] = types_.try_emplace(key, next_);
    if (fresh) next_ = next_ == 127 ? uint8_t{35} : static_cast<uint8_t>(next_ + 1);
    return found->second;
  }

  std::map<std::string, uint8_t> types_;
  uint8_t next_ = 96;
};

NegotiatedLine wanted_line(const OfferLine& line, const LocalSide& local) {
  const bool video = line.kind == MediaKind::kVideo;
  NegotiatedLine wanted;
  wanted.accepted = true;
  wanted.kind = line.kind;
  wanted.mid = line.mid;
  wanted.direction = line.direction;
  wanted.transport_cc = wanted.reduced_size = true;
  wanted.nack = wanted.pli = wanted.fir = video;
  uint8_t id = 1;
  for (const auto kind : local.extensions) wanted.extensions.set(kind, id++);
  return wanted;
}

MediaDescription offered_line(const OfferLine& line, const LocalSide& local, PayloadTypes& types) {
  MediaDescription shape;
  shape.kind = line.kind;
  shape.kind_name = line.kind == MediaKind::kVideo ? "video" : "audio";
  shape.protocol = "UDP/TLS/RTP/SAVPF";
  auto wanted = wanted_line(line, local);
  MediaDescription media;
  for (const auto& codec : line.codecs) {
    wanted.codec = codec;
    wanted.payload_type = types.of(codec);
    wanted.rtx_payload_type = wanted.nack ? types.rtx_of(wanted.payload_type) : uint8_t{0};
    auto one = accepted_line(shape, wanted, local);
    if (media.payloads.empty()) {
      media = std::move(one);
      continue;
    }
    std::ranges::move(one.payloads, std::back_inserter(media.payloads));
    std::ranges::move(one.formats, std::back_inserter(media.formats));
  }
  media.transport.setup = DtlsSetup::kActPass;
  if (line.send && sends(line.direction)) write_track(*line.send, wanted, media);
  return media;
}

MediaDescription ended_line(const OfferLine& line) {
  MediaDescription shape;
  shape.kind = line.kind;
  shape.kind_name = line.kind == MediaKind::kVideo ? "video" : "audio";
  shape.protocol = "UDP/TLS/RTP/SAVPF";
  shape.formats.emplace_back("0");
  shape.mid = line.mid;
  return rejected_line(shape);
}

NegotiatedLine read_answered_line(const MediaDescription& offered, const MediaDescription& answered) {
  NegotiatedLine line;
  line.kind = offered.kind;
  line.mid = offered.mid;
  if (!is_acceptable(answered)) return line;
  for (const auto& payload : answered.payloads) {
    const auto ours = std::ranges::find(offered.payloads, payload.type, &PayloadFormat::type);
    if (ours == offered.payloads.end() || !codec_of(payload) || codec_of(payload) != codec_of(*ours))
      continue;
    line = read_line(answered, payload, kUsedExtensions);
    line.direction = direction_of(sends(offered.direction) && receives(answered.direction),
                                  receives(offered.direction) && sends(answered.direction));
    return line;
  }
  return line;
}

}  // namespace

SessionDescription make_offer(const LocalSide& local, std::span<const OfferLine> lines) {
  SessionDescription offer;
  offer.session_id = local.session_id;
  offer.version = local.version;
  offer.ice_lite = true;
  PayloadTypes types;
  for (const auto& line : lines) {
    if (line.ended || line.codecs.empty()) {
      offer.media.push_back(ended_line(line));
      continue;
    }
    auto media = offered_line(line, local, types);
    if (!offer.bundle.empty()) {
      media.candidates.clear();
      media.end_of_candidates = false;
    }
    offer.bundle.push_back(line.mid);
    offer.media.push_back(std::move(media));
  }
  return offer;
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
    result.lines.push_back(read_answered_line(offer.media[i], theirs));
  }
  if (const auto* line = transport_line(answer)) {
    result.has_transport = true;
    const auto& theirs = line->transport;
    result.transport = {theirs.ufrag, theirs.password, *theirs.fingerprint,
                        theirs.setup == DtlsSetup::kPassive};
  }
  return result;
}

}  // namespace kms::rtc
