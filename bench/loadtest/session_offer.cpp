// SPDX-License-Identifier: Apache-2.0
#include "bench/loadtest/session_offer.hpp"

#include <algorithm>

#include "kms-core/rtc/ice/ice_candidate.hpp"
#include "kms-core/rtc/ice/remote_candidate.hpp"
#include "kms-core/rtc/sdp/sdp_parser.hpp"

namespace kms::rtc::loadtest {
namespace {

constexpr char kTrackName[] = "loadtest";

std::vector<CodecChoice> video_codecs(bool publishes) {
  std::vector<CodecChoice> codecs{{Codec::kVp8}};
  if (publishes) return codecs;  // what others publish may be something else
  for (const auto codec : {Codec::kH264, Codec::kVp9})
    codecs.push_back({codec, std::string(usual_parameters(codec))});
  return codecs;
}

LocalSide local_side(const OfferOptions& options) {
  LocalSide local;
  local.ufrag = options.ice.ufrag;
  local.password = options.ice.password;
  local.fingerprint = options.fingerprint;
  const auto address = TransportAddress::of(options.local.ip_bytes(), options.local.port());
  if (address) local.candidates = {host_candidates({*address}).front().line()};
  if (!options.transport_cc) std::erase(local.extensions, ExtensionKind::kTransportSequence);
  return local;
}

void forbid_transport_cc(MediaDescription& media) {
  for (auto& payload : media.payloads) std::erase(payload.feedback, "transport-cc");
}

void write_simulcast(const std::vector<std::string>& rids, MediaDescription& media) {
  media.ssrcs.clear();
  media.ssrc_groups.clear();
  for (const auto& rid : rids) media.rids.push_back({rid, true, {}});
  media.simulcast_send = rids;
}

std::vector<OfferLine> lines_of(const OfferOptions& options) {
  const auto direction = options.publishes ? Direction::kSendOnly : Direction::kRecvOnly;
  std::vector<OfferLine> lines;
  if (options.audio)
    lines.push_back({.kind = MediaKind::kAudio, .direction = direction, .codecs = {{Codec::kOpus}}});
  if (options.video) lines.push_back({.direction = direction, .codecs = video_codecs(options.publishes)});
  for (size_t i = 0; i < lines.size(); ++i) {
    auto& line = lines[i];
    line.mid = std::to_string(i);
    const bool video = line.kind == MediaKind::kVideo;
    if (options.publishes)
      line.send = SentTrack{kTrackName, line.mid, kTrackName, video ? options.video_ssrc : options.audio_ssrc,
                            video ? options.rtx_ssrc : 0};
  }
  return lines;
}

// Names (mDNS), TCP and other components are of no use.
std::optional<std::pair<uint32_t, SocketAddress>> usable(const std::string& text, bool v6) {
  const auto candidate = parse_candidate(text);
  const auto is_udp = [](const std::string& protocol) { return protocol == "udp" || protocol == "UDP"; };
  if (!candidate.ok() || !is_udp(candidate->protocol) || candidate->component != 1) return std::nullopt;
  const auto address = SocketAddress::parse(candidate->address, candidate->port);
  if (!address.ok() || address->is_v6() != v6) return std::nullopt;
  return std::pair(candidate->priority, *address);
}

std::vector<SocketAddress> candidates_in(const SessionDescription& answer, bool v6) {
  std::vector<std::pair<uint32_t, SocketAddress>> found;
  for (const auto& media : answer.media) {
    for (const auto& text : media.candidates) {
      if (const auto candidate = usable(text, v6)) found.push_back(*candidate);
    }
  }
  std::ranges::stable_sort(found, std::greater(), &std::pair<uint32_t, SocketAddress>::first);
  std::vector<SocketAddress> addresses;
  for (const auto& [priority, address] : found) {
    if (std::ranges::find(addresses, address) == addresses.end()) addresses.push_back(address);
  }
  return addresses;
}

std::vector<std::string> taken_rids(const SessionDescription& offer, const SessionDescription& answer) {
  for (size_t i = 0; i < offer.media.size(); ++i) {
    if (!offer.media[i].simulcast_send.empty()) return answer.media[i].simulcast_receive;
  }
  return {};
}

Status failed(std::string_view reason, std::string_view why) {
  return error(StatusCode::kFailedPrecondition, reason, why);
}

}  // namespace

SessionDescription make_session_offer(const OfferOptions& options) {
  auto offer = make_offer(local_side(options), lines_of(options));
  offer.ice_lite = false;
  for (auto& media : offer.media) {
    if (!options.transport_cc) forbid_transport_cc(media);
    if (media.kind == MediaKind::kVideo && !options.rids.empty()) write_simulcast(options.rids, media);
  }
  return offer;
}

Result<Agreement> read_agreement(const SessionDescription& offer, std::string_view answer, bool v6) {
  const auto parsed = parse_sdp(answer);
  if (!parsed.ok()) return parsed.status();
  const auto negotiation = read_answer(offer, *parsed);
  if (!negotiation.ok()) return negotiation.status();
  Agreement agreement;
  for (const auto& line : negotiation->lines) {
    if (line.accepted && line.direction != Direction::kInactive)
      (line.kind == MediaKind::kVideo ? agreement.video : agreement.audio) = line;
  }
  if (!negotiation->has_transport || (!agreement.audio && !agreement.video))
    return failed("ANSWER_EMPTY", "the server's answer takes none of the offered lines");
  agreement.transport = negotiation->transport;
  agreement.candidates = candidates_in(*parsed, v6);
  if (agreement.candidates.empty())
    return failed("NO_CANDIDATE", "the server's answer names no UDP address of the family that is spoken");
  agreement.rids = taken_rids(offer, *parsed);
  return agreement;
}

}  // namespace kms::rtc::loadtest
