// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/sdp/media_attributes.hpp"

#include <algorithm>
#include <array>

#include "kms-core/rtc/sdp/sdp_error.hpp"
#include "kms-core/rtc/sdp/sdp_text.hpp"

namespace kms::rtc {
namespace {

Status bad(const SdpAttribute& at, std::string_view wanted) {
  return sdp_error(
      at.line, "SDP_BAD_ATTRIBUTE",
      "a=" + std::string(at.name) + " wants " + std::string(wanted) + ", not " + quoted(at.value));
}

Status too_many(const SdpAttribute& at, size_t allowed) {
  return sdp_error(at.line, "SDP_TOO_MANY_ATTRIBUTES",
                   "more than " + std::to_string(allowed) + " a=" + std::string(at.name) + " in one m-line");
}

PayloadFormat* find_payload(MediaDescription& media, uint8_t type) {
  const auto found = std::ranges::find(media.payloads, type, &PayloadFormat::type);
  return found == media.payloads.end() ? nullptr : &*found;
}

Status read_mid(const SdpAttribute& at, MediaDescription& media) {
  constexpr size_t kLongest = 16;  // what fits a one-byte header extension
  if (!is_token(at.value) || at.value.size() > kLongest) return bad(at, "a token of at most 16 characters");
  media.mid = at.value;
  return ok();
}

Status read_ufrag(const SdpAttribute& at, MediaDescription& media) {
  const bool fits = at.value.size() >= 4 && at.value.size() <= 256 && is_ice_text(at.value);
  if (!fits) return bad(at, "4 to 256 letters, digits, + or /");
  media.transport.ufrag = at.value;
  return ok();
}

Status read_password(const SdpAttribute& at, MediaDescription& media) {
  const bool fits = at.value.size() >= 22 && at.value.size() <= 256 && is_ice_text(at.value);
  if (!fits)
    return sdp_error(at.line, "SDP_BAD_ATTRIBUTE", "a=ice-pwd wants 22 to 256 letters, digits, + or /");
  media.transport.password = at.value;
  return ok();
}

Status read_fingerprint(const SdpAttribute& at, MediaDescription& media) {
  auto rest = at.value;
  const auto hash = take_until(rest, ' ');
  if (!is_token(hash) || rest.empty()) return bad(at, "a hash and its bytes in hex");
  if (!equals_ignoring_case(hash, "sha-256")) {
    media.transport.foreign_fingerprint = true;
    return ok();
  }
  const auto fingerprint = Fingerprint::parse(at.value);
  if (!fingerprint) return bad(at, "32 bytes in hex with colons");
  media.transport.fingerprint = fingerprint;
  return ok();
}

Status read_setup(const SdpAttribute& at, MediaDescription& media) {
  auto& setup = media.transport.setup;
  if (at.value == "actpass")
    setup = DtlsSetup::kActPass;
  else if (at.value == "active")
    setup = DtlsSetup::kActive;
  else if (at.value == "passive")
    setup = DtlsSetup::kPassive;
  else
    return bad(at, "actpass, active or passive");
  return ok();
}

Status read_rtpmap(const SdpAttribute& at, MediaDescription& media) {
  auto rest = at.value;
  const auto type = number_of<uint8_t>(take_until(rest, ' '));
  const auto encoding = take_until(rest, '/');
  const auto clock_rate = number_of<uint32_t>(take_until(rest, '/'));
  const auto channels = rest.empty() ? 1u : number_of<uint32_t>(rest).value_or(0);
  const bool fits = type && *type < 128 && is_token(encoding) && clock_rate.value_or(0) > 0 && channels > 0;
  if (!fits) return bad(at, "a payload type and encoding/clock");
  if (auto* payload = find_payload(media, *type)) {
    payload->encoding = encoding;
    payload->clock_rate = *clock_rate;
    payload->channels = channels;
  }
  return ok();
}

Status read_fmtp(const SdpAttribute& at, MediaDescription& media) {
  auto rest = at.value;
  const auto type = number_of<uint8_t>(take_until(rest, ' '));
  if (!type || *type > 127) return bad(at, "a payload type first");
  if (auto* payload = find_payload(media, *type)) payload->parameters = rest;
  return ok();
}

Status read_feedback(const SdpAttribute& at, MediaDescription& media) {
  auto rest = at.value;
  const auto target = take_until(rest, ' ');
  const auto type = number_of<uint8_t>(target);
  if ((!type && target != "*") || rest.empty()) return bad(at, "a payload type or * and a kind of feedback");
  if (rest.size() > sdp_limits::kFeedbackSize) return ok();
  size_t present = 0;
  for (const auto& payload : media.payloads) present += payload.feedback.size();
  if (present > sdp_limits::kFeedback) return too_many(at, sdp_limits::kFeedback);
  for (auto& payload : media.payloads) {
    if (!type || payload.type == *type) payload.feedback.emplace_back(rest);
  }
  return ok();
}

Status read_extension(const SdpAttribute& at, MediaDescription& media) {
  auto rest = at.value;
  auto head = take_until(rest, ' ');
  const auto id = number_of<uint16_t>(take_until(head, '/'));
  const auto uri = take_until(rest, ' ');
  const bool fits = id && *id > 0 && *id <= 255 && !uri.empty() && uri.size() <= sdp_limits::kWordSize;
  if (!fits) return bad(at, "an id from 1 to 255 and a URI");
  if (media.extensions.size() >= sdp_limits::kExtensions) return too_many(at, sdp_limits::kExtensions);
  const auto same = std::ranges::find(media.extensions, *id, &ExtensionEntry::id);
  if (same != media.extensions.end() && same->uri != uri) {
    return sdp_error(at.line, "SDP_DUPLICATE_EXTENSION",
                     "header extension id " + std::to_string(*id) + " is taken");
  }
  if (same == media.extensions.end()) media.extensions.push_back({*id, std::string(uri)});
  return ok();
}

Status read_msid(const SdpAttribute& at, MediaDescription& media) {
  auto rest = at.value;
  const auto stream = take_until(rest, ' ');
  if (!is_token(stream) || (!rest.empty() && !is_token(rest))) return bad(at, "a stream and a track name");
  if (!media.stream_id.empty()) return ok();  // further streams of the same track
  media.stream_id = stream;
  media.track_id = rest;
  return ok();
}

Status read_sctp_port(const SdpAttribute& at, MediaDescription& media) {
  const auto port = number_of<uint16_t>(at.value);
  if (!port) return bad(at, "a port up to 65535");
  media.sctp_port = *port;
  return ok();
}

Status read_max_message_size(const SdpAttribute& at, MediaDescription& media) {
  media.max_message_size = number_of<uint64_t>(at.value);
  return media.max_message_size ? ok() : bad(at, "a number of bytes");
}

Status read_candidate(const SdpAttribute& at, MediaDescription& media) {
  if (media.candidates.size() < sdp_limits::kCandidates) {
    media.candidates.push_back("candidate:" + std::string(at.value));
  }
  return ok();
}

template <bool MediaDescription::*member>
Status set_flag(const SdpAttribute&, MediaDescription& media) {
  media.*member = true;
  return ok();
}

template <Direction direction>
Status set_direction(const SdpAttribute&, MediaDescription& media) {
  media.direction = direction;
  return ok();
}

struct Row {
  std::string_view name;
  Status (*read)(const SdpAttribute&, MediaDescription&);
};

constexpr std::array kRows{
    Row{"mid", read_mid},
    Row{"ice-ufrag", read_ufrag},
    Row{"ice-pwd", read_password},
    Row{"fingerprint", read_fingerprint},
    Row{"setup", read_setup},
    Row{"candidate", read_candidate},
    Row{"end-of-candidates", set_flag<&MediaDescription::end_of_candidates>},
    Row{"rtpmap", read_rtpmap},
    Row{"fmtp", read_fmtp},
    Row{"rtcp-fb", read_feedback},
    Row{"rtcp", read_rtcp},
    Row{"crypto", read_crypto},
    Row{"ptime", read_ptime},
    Row{"maxptime", read_maxptime},
    Row{"sctp-port", read_sctp_port},
    Row{"max-message-size", read_max_message_size},
    Row{"rtcp-mux", set_flag<&MediaDescription::rtcp_mux>},
    Row{"rtcp-rsize", set_flag<&MediaDescription::rtcp_reduced_size>},
    Row{"bundle-only", set_flag<&MediaDescription::bundle_only>},
    Row{"extmap", read_extension},
    Row{"ssrc", read_ssrc},
    Row{"ssrc-group", read_ssrc_group},
    Row{"msid", read_msid},
    Row{"rid", read_rid},
    Row{"simulcast", read_simulcast},
    Row{"sendrecv", set_direction<Direction::kSendRecv>},
    Row{"sendonly", set_direction<Direction::kSendOnly>},
    Row{"recvonly", set_direction<Direction::kRecvOnly>},
    Row{"inactive", set_direction<Direction::kInactive>},
};

}  // namespace

bool is_session_attribute(std::string_view name) {
  constexpr std::array kShared{"ice-ufrag", "ice-pwd",  "fingerprint", "setup",   "extmap",
                               "sendrecv",  "sendonly", "recvonly",    "inactive"};
  return std::ranges::find(kShared, name) != kShared.end();
}

Status read_media_attribute(const SdpAttribute& attribute, MediaDescription& media) {
  const auto row = std::ranges::find(kRows, attribute.name, &Row::name);
  return row == kRows.end() ? ok() : row->read(attribute, media);
}

}  // namespace kms::rtc
