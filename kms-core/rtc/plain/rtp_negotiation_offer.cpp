// SPDX-License-Identifier: Apache-2.0
// The half of RtpNegotiation in which we make the offer.
#include <algorithm>

#include "kms-core/rtc/plain/rtp_negotiation.hpp"
#include "kms-core/rtc/sdp/line_writer.hpp"
#include "kms-core/rtc/sdp/sdp_error.hpp"
#include "kms-core/rtc/sdp/sdp_parser.hpp"

namespace kms::rtc {
namespace {

constexpr std::array kAudioCodecs{Codec::kOpus, Codec::kG722, Codec::kPcma, Codec::kPcmu};
constexpr std::array kVideoCodecs{Codec::kVp8, Codec::kH264, Codec::kVp9, Codec::kH265};

std::vector<Codec> codecs_of(bool video, const std::vector<Codec>& wanted) {
  std::vector<Codec> codecs;
  for (const auto codec : wanted) {
    if (is_audio(codec) != video) codecs.push_back(codec);
  }
  if (!codecs.empty() || !wanted.empty()) return codecs;
  if (video) return {kVideoCodecs.begin(), kVideoCodecs.end()};
  return {kAudioCodecs.begin(), kAudioCodecs.end()};
}

// What was not offered is not agreed on, whatever an answer says of it (RFC 3264 section 6.1).
void match_tones(const MediaDescription& ours, RtpLine& line) {
  if (!line.tones) return;
  const auto offered = tones_of(ours, line.tones->clock_rate);
  if (offered && offered->clock_rate == line.tones->clock_rate) {
    line.tones_offered = offered->payload_type;
  } else {
    line.tones.reset();
  }
}

}  // namespace

Result<std::string> RtpNegotiation::offer(const RtpOffer& wanted) {
  for (const bool video : {false, true}) {
    const bool there = std::ranges::any_of(places_, [&](const Place& place) { return place.video == video; });
    if (there || !(video ? wanted.video : wanted.audio) || codecs_of(video, policy_.codecs).empty()) continue;
    const auto ended = std::ranges::find_if(places_, [](const Place& place) { return place.ended; });
    auto& place = ended == places_.end() ? places_.emplace_back() : *ended;  // RFC 3264 section 8.1
    place = {video, {}, false};
  }
  return offer_places(wanted);
}

Result<std::string> RtpNegotiation::offer_places(const RtpOffer& wanted) {
  SessionDescription offer;
  for (auto& place : places_) {
    const bool wants = place.video && (*place.video ? wanted.video : wanted.audio);
    if (!wants) {
      place.ended = place.ended || place.video;
      place.video.reset();
      offer.media.push_back(rejected_line(place.shape));
      continue;
    }
    auto media = offered(*place.video, wanted.hold);
    if (!media.ok()) return media.status();
    place.shape = rejected_line(*media);
    offer.media.push_back(std::move(*media));
  }
  if (offer.media.empty())
    return error(StatusCode::kInvalidArgument, "SDP_NO_MEDIA",
                 "the offer would have no m-line: there is no codec for what is wanted");
  auto text = write(offer.media);
  pending_ = std::move(offer);
  return text;
}

Result<MediaDescription> RtpNegotiation::offered(bool video, bool hold) {
  // What was agreed on stays; else two ports are there for a peer that wants them.
  const bool one = policy_.mux == RtcpMux::kRequired || mux_[video ? 1 : 0];
  const auto local = ports_(video, one, std::nullopt);
  if (!local.ok()) return local.status();
  const auto codecs = codecs_of(video, policy_.codecs);
  auto media = offered_rtp_line({video, policy_.profile, policy_.mux != RtcpMux::kNever, codecs}, *local);
  media.direction = hold ? Direction::kInactive : Direction::kSendRecv;
  if (!is_secure(policy_.profile)) return media;
  for (const auto suite : suites()) {
    media.crypto.push_back(write_sdes(static_cast<uint32_t>(suite) + 1, own_key(video, suite)));
  }
  return media;
}

Result<RtpLine> RtpNegotiation::read_answered(const MediaDescription& ours, const MediaDescription& theirs) {
  if (theirs.protocol != ours.protocol)
    return sdp_error(
        theirs.line, "SDP_PROFILE",
        "the answer has the profile " + quoted(theirs.protocol) + ", the offer " + ours.protocol);
  const auto* payload = choose_rtp_payload(theirs, policy_.codecs);
  if (!payload) return sdp_error(theirs.line, "SDP_NO_CODEC", "the m-line has no codec of the offer");
  const auto same =
      std::ranges::find_if(ours.payloads, [&](const auto& it) { return codec_of(it) == codec_of(*payload); });
  if (same == ours.payloads.end())
    return sdp_error(theirs.line, "SDP_NO_CODEC", "the m-line has no codec of the offer");
  auto line = read_rtp_line(theirs, *payload);
  if (!line.ok()) return line;
  if (const auto status = policy_.peers.check(theirs, *line, ours.address); !status.ok()) return status;
  line->receive_type = same->type;
  match_tones(ours, *line);
  // Ids of an answer are those of the offer.
  if (line->extension_id != extension_id_of(ours)) line->extension_id = 0;
  line->mux = theirs.rtcp_mux && ours.rtcp_mux;
  if (policy_.mux == RtcpMux::kRequired && !line->mux)
    return sdp_error(theirs.line, "SDP_RTCP_MUX", "a=rtcp-mux is wanted here");
  const auto both = static_cast<uint8_t>(line->direction) & static_cast<uint8_t>(ours.direction);
  line->direction = static_cast<Direction>(both);
  const bool feedback = !same->feedback.empty();
  line->nack = line->nack && feedback;
  line->pli = line->pli && feedback;
  if (ours.crypto.empty()) return line;
  if (const auto status = negotiate_keys(theirs, *line); !status.ok()) return status;
  const auto is_tag = [&](const CryptoEntry& entry) {
    return !line->receive_key ||
           (entry.tag == line->crypto_tag && suite_named(entry.suite) == line->receive_key->profile);
  };
  if (std::ranges::none_of(ours.crypto, is_tag))
    return sdp_error(theirs.line, "SDP_ANSWER_MISMATCH", "a=crypto has a number that was not offered");
  return line;
}

Result<RtpAgreement> RtpNegotiation::accept(const std::string& text) {
  if (!pending_)
    return error(StatusCode::kFailedPrecondition, "NO_OFFER_PENDING", "there is no offer to be answered");
  const auto answer = parse_sdp(text);
  if (!answer.ok()) return answer.status();
  if (answer->media.size() != pending_->media.size())
    return sdp_error(0, "SDP_ANSWER_MISMATCH",
                     "the answer has " + std::to_string(answer->media.size()) + " m-lines, the offer " +
                         std::to_string(pending_->media.size()));
  RtpAgreement agreed;
  for (size_t i = 0; i < answer->media.size(); ++i) {
    const auto& theirs = answer->media[i];
    agreed.order.push_back(places_[i].video);
    if (theirs.kind != pending_->media[i].kind)
      return sdp_error(theirs.line, "SDP_ANSWER_MISMATCH",
                       "m-line " + std::to_string(i + 1) + " has another kind");
    if (!places_[i].video || !theirs.is_active()) continue;
    auto line = read_answered(pending_->media[i], theirs);
    if (!line.ok()) return line.status();
    const size_t at = *places_[i].video ? 1 : 0;
    mux_[at] = line->mux;
    agreed.lines[at] = std::move(*line);
  }
  retire_keys(agreed);
  pending_.reset();
  return agreed;
}

}  // namespace kms::rtc
