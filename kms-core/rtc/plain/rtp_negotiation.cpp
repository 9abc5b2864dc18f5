// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/plain/rtp_negotiation.hpp"

#include <algorithm>
#include <utility>

#include "kms-core/rtc/sdp/line_writer.hpp"
#include "kms-core/rtc/sdp/sdp_error.hpp"
#include "kms-core/rtc/sdp/sdp_parser.hpp"
#include "kms-core/rtc/sdp/sdp_writer.hpp"

namespace kms::rtc {
namespace {

constexpr std::array kAllSuites{SrtpProfile::kAeadAes128Gcm, SrtpProfile::kAesCm128HmacSha1_80,
                                SrtpProfile::kAesCm128HmacSha1_32};

size_t slot(bool video) { return video ? 1 : 0; }

}  // namespace

std::vector<SrtpProfile> RtpNegotiation::suites() const {
  return policy_.suites.empty() ? std::vector(kAllSuites.begin(), kAllSuites.end()) : policy_.suites;
}

const SdesKey& RtpNegotiation::own_key(bool video, SrtpProfile profile) {
  const auto [found, fresh] = own_keys_.try_emplace({video, profile});
  if (fresh) found->second = make_sdes_key(profile);
  return found->second;
}

// A key that a line has sent under and left is never taken again: its indices would begin anew, and with them
// its key stream.
void RtpNegotiation::retire_keys(const RtpAgreement& agreed) {
  for (const bool video : {false, true}) {
    const auto& line = agreed.lines[slot(video)];
    if (!line) continue;
    const auto now = line->send_key ? std::optional(line->send_key->profile) : std::nullopt;
    const auto before = std::exchange(in_use_[slot(video)], now);
    if (before && before != now) own_keys_.erase({video, *before});
  }
}

// RFC 3264 section 8: m-lines keep their places, and are never fewer.
Status RtpNegotiation::take_places(const SessionDescription& offer) {
  if (offer.media.size() < places_.size())
    return sdp_error(0, "SDP_MEDIA_REMOVED",
                     "there were " + std::to_string(places_.size()) + " m-lines, now there are " +
                         std::to_string(offer.media.size()) + "; an unused one stays, with port 0");
  places_.resize(offer.media.size());
  for (size_t i = 0; i < places_.size(); ++i) {
    auto& place = places_[i];
    const auto& theirs = offer.media[i];
    place.ended = !theirs.is_active();
    place.shape = rejected_line(theirs);
    const bool video = theirs.kind == MediaKind::kVideo;
    const bool known = video || theirs.kind == MediaKind::kAudio;
    const bool taken = std::ranges::any_of(places_, [&](const Place& other) {
      return &other != &place && other.video == video && !other.ended;
    });
    if (place.video && *place.video != video) place.video.reset();
    if (!known || place.ended) place.video.reset();
    if (known && !place.ended && !taken) place.video = video;
  }
  return ok();
}

bool RtpNegotiation::is_ours(size_t at, const MediaDescription& theirs) const {
  return places_[at].video && theirs.is_active();
}

// Some, ffmpeg among them, write a=crypto under an insecure profile and mean it.
Status RtpNegotiation::negotiate_keys(const MediaDescription& theirs, RtpLine& line) {
  const bool secure = is_secure(line.profile);
  if (!secure && theirs.crypto.empty()) return ok();
  Status first = sdp_error(theirs.line, "SDP_CRYPTO_MISSING", theirs.protocol + " wants a=crypto");
  const CryptoEntry* chosen = nullptr;
  size_t best = SIZE_MAX;
  const auto ours = suites();
  for (const auto& entry : theirs.crypto) {
    const auto key = read_sdes(entry, theirs.line);
    if (!key.ok()) {
      if (!chosen && &entry == &theirs.crypto.front()) first = key.status();
      continue;
    }
    const auto at = std::ranges::find(ours, key->profile);
    if (at == ours.end()) {
      first = sdp_error(theirs.line, "SDP_CRYPTO_SUITE", "the suite " + entry.suite + " is not allowed here");
      continue;
    }
    // Without a preference of ours the peer's order counts.
    const auto rank = policy_.suites.empty() ? size_t{0} : static_cast<size_t>(at - ours.begin());
    if (rank >= best) continue;
    best = rank;
    chosen = &entry;
    line.receive_key = *key;
  }
  if (!chosen) return secure ? first : ok();
  line.crypto_tag = chosen->tag;
  line.send_key = own_key(line.video, line.receive_key->profile);
  return ok();
}

Result<RtpLine> RtpNegotiation::negotiate(const MediaDescription& theirs, const RtpWanted& wanted) {
  const auto profile = rtp_profile_named(theirs.protocol);
  if (!profile || (is_secure(policy_.profile) && !is_secure(*profile)))
    return sdp_error(theirs.line, "SDP_PROFILE",
                     "the profile " + quoted(theirs.protocol) + " is not taken here");
  if (policy_.mux == RtcpMux::kRequired && !theirs.rtcp_mux)
    return sdp_error(theirs.line, "SDP_RTCP_MUX", "a=rtcp-mux is wanted here");
  const auto& codec = wanted[slot(theirs.kind == MediaKind::kVideo)];
  const auto* payload = codec ? find_rtp_payload(theirs, *codec, policy_.codecs) : nullptr;
  if (!payload) payload = choose_rtp_payload(theirs, policy_.codecs);
  if (!payload) return sdp_error(theirs.line, "SDP_NO_CODEC", "the m-line has no codec that is taken here");
  auto line = read_rtp_line(theirs, *payload);
  if (!line.ok()) return line;
  line->mux = theirs.rtcp_mux && policy_.mux != RtcpMux::kNever;
  if (!line->mux && theirs.rtcp_mux && line->remote) {
    const auto port = theirs.rtcp_port != 0 ? theirs.rtcp_port : static_cast<uint16_t>(theirs.port + 1);
    line->remote_rtcp = line->remote->with_port(port);
  }
  if (const auto status = negotiate_keys(theirs, *line); !status.ok()) return status;
  return line;
}

std::string RtpNegotiation::write(std::vector<MediaDescription> media) {
  SessionDescription session;
  session.session_id = session_;
  session.version = ++version_;
  for (const auto& line : media) {
    if (session.address.empty()) session.address = line.address;
  }
  session.media = std::move(media);
  return write_sdp(session);
}

Result<RtpAgreement> RtpNegotiation::answer(const std::string& text, const RtpWanted& wanted) {
  const auto offer = parse_sdp(text);
  if (!offer.ok()) return offer.status();
  if (const auto status = take_places(*offer); !status.ok()) return status;
  pending_.reset();
  RtpAgreement agreed;
  std::vector<MediaDescription> media;
  Status refusal = ok();
  bool any = false;
  for (size_t i = 0; i < offer->media.size(); ++i) {
    const auto& theirs = offer->media[i];
    agreed.order.push_back(places_[i].video);
    media.push_back(rejected_line(theirs));
    if (!is_ours(i, theirs)) continue;
    auto line = negotiate(theirs, wanted);
    const bool video = *places_[i].video;
    auto local = line.ok() ? ports_(video, line->mux, line->remote) : Result<RtpLocal>(line.status());
    auto status = local.status();
    if (status.ok()) status = policy_.peers.check(theirs, *line, local->address);
    if (!status.ok()) {
      if (refusal.ok()) refusal = status;
      continue;
    }
    any = true;
    mux_[slot(video)] = line->mux;
    media.back() = answered_rtp_line(theirs, *line, *local);
    agreed.lines[slot(video)] = std::move(*line);
  }
  if (!any && !refusal.ok()) return refusal;
  retire_keys(agreed);
  agreed.sdp = write(std::move(media));
  return agreed;
}

}  // namespace kms::rtc
