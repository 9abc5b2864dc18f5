// SPDX-License-Identifier: Apache-2.0
#include "elements/webrtc_client/words/answer.hpp"

#include <fmt/format.h>
#include <glib.h>

#include <algorithm>
#include <array>
#include <memory>

#include "kms-core/rtc/ice/remote_candidate.hpp"
#include "kms-core/rtc/sdp/codec_match.hpp"
#include "kms-core/rtc/sdp/format_parameters.hpp"
#include "kms-core/rtc/sdp/offer_check.hpp"
#include "kms-core/rtc/sdp/sdp_lines.hpp"
#include "kms-core/rtc/sdp/sdp_parser.hpp"
#include "kms-core/rtc/sdp/sdp_text.hpp"
#include "kms-core/rtc/sdp/sdp_writer.hpp"

namespace kms::webrtc_client {
namespace {

using rtc::Direction;
using rtc::MediaDescription;
using rtc::PayloadFormat;
using rtc::SessionDescription;

constexpr char kInNumbers[] = "0123456789abcdefABCDEF.:";

Status invalid(std::string_view why) {
  return error(StatusCode::kInvalidArgument, "ANSWER_INVALID", fmt::format("the server's answer: {}", why));
}

const PayloadFormat* offered_as(const MediaDescription& offered, const PayloadFormat& answered) {
  const auto same = [&](const PayloadFormat& ours) {
    return ours.type == answered.type && rtc::equals_ignoring_case(ours.encoding, answered.encoding) &&
           ours.clock_rate == answered.clock_rate;
  };
  const auto found = std::ranges::find_if(offered.payloads, same);
  return found == offered.payloads.end() ? nullptr : &*found;
}

bool takes_part(const MediaDescription& offered, const MediaDescription& answered) {
  if (!answered.is_active() || !rtc::is_acceptable(answered)) return false;
  const bool theirs_to_us = rtc::receives(offered.direction) && rtc::sends(answered.direction);
  return theirs_to_us || (rtc::sends(offered.direction) && rtc::receives(answered.direction));
}

std::vector<AgreedFormat> agreed_formats(const MediaDescription& offered, const MediaDescription& answered) {
  std::vector<AgreedFormat> formats;
  for (const auto& payload : answered.payloads) {
    const auto* ours = offered_as(offered, payload);
    const auto codec = ours == nullptr ? std::nullopt : rtc::codec_of(*ours);
    if (codec) formats.push_back({*codec, payload});
  }
  return formats;
}

// Of what was agreed on and its RTX, the payload types that our answer names, as we offered them.
void write_formats(const MediaDescription& offered, const MediaDescription& answered,
                   const std::vector<AgreedFormat>& agreed, MediaDescription& out) {
  const auto has = [&](uint8_t type) {
    return std::ranges::any_of(agreed, [&](const auto& one) { return one.payload.type == type; });
  };
  for (const auto& payload : answered.payloads) {
    const auto* ours = offered_as(offered, payload);
    if (ours == nullptr) continue;
    const auto repaired = rtc::repaired_type_of(ours->parameters);
    if (!has(payload.type) && !(repaired && has(*repaired))) continue;
    auto written = *ours;
    written.feedback = payload.feedback;
    std::erase_if(written.feedback, [&](const auto& word) {
      return std::ranges::find(ours->feedback, word) == ours->feedback.end();
    });
    out.formats.push_back(std::to_string(written.type));
    out.payloads.push_back(std::move(written));
  }
}

// An m-line that the server takes no part in stays in the BUNDLE all the same: webrtcbin cannot move its
// transport to another line.
MediaDescription written_line(const MediaDescription& offered, const MediaDescription& answered,
                              const AgreedLine& agreed) {
  MediaDescription out;
  out.kind = offered.kind;
  out.kind_name = offered.kind_name;
  out.port = 9;
  out.protocol = offered.protocol;
  out.mid = offered.mid;
  out.rtcp_mux = true;
  if (agreed.formats.empty()) {
    out.direction = Direction::kInactive;
    out.formats.push_back(std::to_string(offered.payloads.front().type));
    out.payloads.push_back(offered.payloads.front());
    return out;
  }
  out.rtcp_reduced_size = offered.rtcp_reduced_size && answered.rtcp_reduced_size;
  out.direction = rtc::direction_of(rtc::receives(offered.direction) && rtc::sends(answered.direction),
                                    rtc::sends(offered.direction) && rtc::receives(answered.direction));
  write_formats(offered, answered, agreed.formats, out);
  for (const auto& ssrc : answered.ssrcs) out.ssrcs.push_back({ssrc.ssrc, "peer"});
  return out;
}

// "candidate:..." in few words; empty: not for us.
std::string written_candidate(const std::string& text, const rtc::RemoteCandidate& candidate) {
  const bool udp = rtc::equals_ignoring_case(candidate.protocol, "udp");
  const bool tcp = rtc::equals_ignoring_case(candidate.protocol, "tcp");
  if (candidate.component != 1 || candidate.port == 0 || (!udp && !tcp)) return {};
  std::string end;
  for (const char* type : {" tcptype passive", " tcptype active", " tcptype so"}) {
    if (tcp && text.find(type) != std::string::npos) end = type;
  }
  if (tcp && end.empty()) return {};
  return fmt::format("candidate:{} 1 {} {} {} {} typ {}{}", candidate.foundation, udp ? "UDP" : "TCP",
                     candidate.priority, candidate.address, candidate.port, candidate.type, end);
}

// Some servers name them in the first m-line only, some in each.
Status write_candidates(const SessionDescription& theirs,
                        const std::function<bool(const std::string&)>& may_reach, MediaDescription& out) {
  bool refused = false;
  for (const auto& media : theirs.media) {
    for (const auto& text : media.candidates) {
      const auto candidate = rtc::parse_candidate(text);
      if (!candidate.ok()) continue;
      const bool named = candidate->address.find_first_not_of(kInNumbers) != std::string::npos;
      const bool allowed = !named && may_reach(candidate->address);
      refused = refused || (!named && !allowed);
      auto written = allowed ? written_candidate(text, *candidate) : std::string();
      const bool known = std::ranges::find(out.candidates, written) != out.candidates.end();
      const bool room = out.candidates.size() < rtc::sdp_limits::kCandidates;
      if (!written.empty() && !known && room) out.candidates.push_back(std::move(written));
    }
  }
  if (!out.candidates.empty() || !refused) return ok();
  return error(StatusCode::kPermissionDenied, "URI_NOT_ALLOWED",
               "the server's candidates are neither public addresses nor in the server's network.allow");
}

// Of the line that the connection is made of.
Status write_transport(const SessionDescription& all, const MediaDescription& answered,
                       const std::function<bool(const std::string&)>& may_reach,
                       std::vector<MediaDescription>& lines) {
  const auto& theirs = answered.transport;
  const bool complete = theirs.fingerprint && !theirs.ufrag.empty() && !theirs.password.empty();
  if (!complete) return invalid("it lacks a=fingerprint:sha-256, a=ice-ufrag or a=ice-pwd");
  if (theirs.setup != rtc::DtlsSetup::kActive && theirs.setup != rtc::DtlsSetup::kPassive)
    return invalid("a=setup is neither active nor passive");
  for (auto& line : lines) line.transport = theirs;
  return write_candidates(all, may_reach, lines.front());
}

Status check_shape(const SessionDescription& ours, const SessionDescription& theirs) {
  if (ours.media.size() != theirs.media.size()) return invalid("it has another number of m-lines");
  for (size_t i = 0; i < ours.media.size(); ++i) {
    if (ours.media[i].payloads.empty()) return invalid("there is no offer");
    if (theirs.media[i].kind != ours.media[i].kind) return invalid("an m-line is of another kind");
    const bool named = !theirs.media[i].mid.empty();
    if (named && theirs.media[i].mid != ours.media[i].mid) return invalid("an m-line has another mid");
  }
  return ok();
}

// One transport: all that is used is in one BUNDLE.
Status check_bundle(const SessionDescription& theirs, const Agreement& agreement) {
  size_t used = 0;
  size_t bundled = 0;
  for (size_t i = 0; i < agreement.lines.size(); ++i) {
    if (agreement.lines[i].formats.empty()) continue;
    ++used;
    if (std::ranges::find(theirs.bundle, theirs.media[i].mid) != theirs.bundle.end()) ++bundled;
  }
  if (used == 0) {
    return error(StatusCode::kUnimplemented, "CODEC_UNSUPPORTED",
                 "the server takes none of the media that was offered");
  }
  return used == 1 || bundled == used ? ok() : invalid("its m-lines are not in one BUNDLE");
}

Result<SessionDescription> parsed(std::string_view text) {
  auto description = rtc::parse_sdp(text);
  if (!description.ok()) return invalid(message_of(description.status()));
  return description;
}

}  // namespace

Result<Agreement> read_answer(std::string_view offer, std::string_view answer,
                              const std::function<bool(const std::string&)>& may_reach) {
  const auto ours = parsed(offer);
  if (!ours.ok()) return ours.status();
  const auto theirs = parsed(answer);
  if (!theirs.ok()) return theirs.status();
  if (const auto status = check_shape(*ours, *theirs); !status.ok()) return status;
  Agreement agreement;
  SessionDescription written;
  written.session_id = 1;
  written.ice_lite = theirs->ice_lite;
  for (size_t i = 0; i < ours->media.size(); ++i) {
    const auto& offered = ours->media[i];
    const auto& answered = theirs->media[i];
    AgreedLine line{.video = offered.kind == rtc::MediaKind::kVideo, .formats = {}};
    if (takes_part(offered, answered)) line.formats = agreed_formats(offered, answered);
    written.bundle.push_back(offered.mid);
    written.media.push_back(written_line(offered, answered, line));
    agreement.lines.push_back(std::move(line));
  }
  if (const auto status = check_bundle(*theirs, agreement); !status.ok()) return status;
  const auto* transport = rtc::transport_line(*theirs, false);
  if (transport == nullptr) return invalid("nothing in it has a transport");
  if (const auto status = write_transport(*theirs, *transport, may_reach, written.media); !status.ok())
    return status;
  agreement.fingerprint = *transport->transport.fingerprint;
  agreement.sdp = rtc::write_sdp(written);
  return agreement;
}

std::optional<rtc::Fingerprint> fingerprint_of(const std::string& pem) {
  constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
  constexpr std::string_view kEnd = "-----END CERTIFICATE-----";
  const auto begin = pem.find(kBegin);
  const auto end = pem.find(kEnd);
  if (begin != 0 || end == std::string::npos) return std::nullopt;
  const auto text = pem.substr(kBegin.size(), end - kBegin.size());
  gsize size = 0;
  const std::unique_ptr<guchar, decltype(&g_free)> bytes(g_base64_decode(text.c_str(), &size), g_free);
  if (size == 0) return std::nullopt;
  rtc::Fingerprint fingerprint;
  gsize length = fingerprint.digest.size();
  const std::unique_ptr<GChecksum, decltype(&g_checksum_free)> sum(g_checksum_new(G_CHECKSUM_SHA256),
                                                                   g_checksum_free);
  g_checksum_update(sum.get(), bytes.get(), static_cast<gssize>(size));
  g_checksum_get_digest(sum.get(), fingerprint.digest.data(), &length);
  return fingerprint;
}

}  // namespace kms::webrtc_client
