// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/sdp/offer_check.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>

#include "kms-core/rtc/sdp/data_line.hpp"
#include "kms-core/rtc/sdp/sdp_error.hpp"
#include "kms-core/rtc/sdp/sdp_text.hpp"

namespace kms::rtc {
namespace {

bool is_bundled(const SessionDescription& session, const MediaDescription& media) {
  return std::ranges::find(session.bundle, media.mid) != session.bundle.end();
}

Status check_mids(const SessionDescription& session) {
  std::set<std::string_view> mids;
  for (const auto& media : session.media) {
    if (media.mid.empty()) {
      if (session.bundle.empty()) continue;
      return sdp_error(media.line, "SDP_NO_MID", "BUNDLE needs a=mid in every m-line");
    }
    if (!mids.insert(media.mid).second) {
      return sdp_error(media.line, "SDP_DUPLICATE_MID",
                       "mid " + quoted(media.mid) + " is taken by another m-line");
    }
  }
  for (const auto& mid : session.bundle) {
    if (!mids.contains(mid))
      return sdp_error(0, "SDP_BAD_BUNDLE", "BUNDLE names " + quoted(mid) + ", which no m-line has");
  }
  return ok();
}

Status check_transport(const SessionDescription& session) {
  const auto* media = transport_line(session);
  if (!media) return ok();
  const auto& transport = media->transport;
  if (transport.ufrag.empty() || transport.password.empty()) {
    return sdp_error(media->line, "SDP_NO_CREDENTIALS", "the m-line has not both a=ice-ufrag and a=ice-pwd");
  }
  if (transport.fingerprint) return ok();
  if (transport.foreign_fingerprint) {
    return sdp_error(media->line, "SDP_FINGERPRINT_HASH",
                     "a fingerprint by sha-256 is needed, there is only another");
  }
  return sdp_error(media->line, "SDP_NO_FINGERPRINT", "the m-line has no a=fingerprint");
}

Status check_simulcast(const MediaDescription& media) {
  const auto names = [&](const std::string& id, bool send) {
    return std::ranges::any_of(media.rids,
                               [&](const RidEntry& rid) { return rid.id == id && rid.send == send; });
  };
  for (const bool send : {true, false}) {
    for (const auto& id : send ? media.simulcast_send : media.simulcast_receive) {
      if (names(id, send)) continue;
      return sdp_error(media.line, "SDP_UNKNOWN_RID",
                       "a=simulcast names " + quoted(id) + ", which no a=rid explains");
    }
  }
  return ok();
}

// On one transport a payload type must mean one thing (RFC 8843 section 9.1).
Status check_payload_types(const SessionDescription& session) {
  std::array<const PayloadFormat*, 128> seen{};
  const auto meaning = [](const PayloadFormat& it) {
    return std::tuple(it.encoding, it.clock_rate, it.channels);
  };
  for (const auto& media : session.media) {
    if (!media.is_active() || !is_bundled(session, media)) continue;
    for (const auto& payload : media.payloads) {
      auto& before = seen[payload.type & 0x7f];
      if (before && meaning(*before) != meaning(payload)) {
        return sdp_error(
            media.line, "SDP_PAYLOAD_CONFLICT",
            "payload type " + std::to_string(payload.type) + " means something else in another m-line");
      }
      before = &payload;
    }
  }
  return ok();
}

}  // namespace

bool is_acceptable(const MediaDescription& media) {
  const bool kind = media.kind == MediaKind::kAudio || media.kind == MediaKind::kVideo;
  const bool secure = media.protocol == "UDP/TLS/RTP/SAVPF" || media.protocol == "UDP/TLS/RTP/SAVP" ||
                      media.protocol == "TCP/TLS/RTP/SAVPF" || media.protocol == "TCP/TLS/RTP/SAVP";
  return media.is_active() && kind && secure && media.rtcp_mux;
}

const MediaDescription* transport_line(const SessionDescription& session, bool data) {
  for (const auto& media : session.media) {
    const bool acceptable = is_acceptable(media) || (data && is_data_line(media));
    if (acceptable && (session.bundle.empty() || is_bundled(session, media))) return &media;
  }
  return nullptr;
}

Status check_description(const SessionDescription& session) {
  if (const auto status = check_mids(session); !status.ok()) return status;
  if (const auto status = check_transport(session); !status.ok()) return status;
  for (const auto& media : session.media) {
    if (const auto status = check_simulcast(media); !status.ok()) return status;
  }
  return check_payload_types(session);
}

Outline outline_of(const SessionDescription& session) {
  Outline outline;
  outline.reserve(session.media.size());
  for (const auto& media : session.media) {
    outline.push_back({.mid = media.mid,
                       .kind_name = media.kind_name,
                       .protocol = media.protocol,
                       .format = media.formats.empty() ? std::string() : media.formats.front(),
                       .kind = media.kind,
                       .bundle_only = media.bundle_only,
                       .port = media.port});
  }
  return outline;
}

MediaDescription LineOutline::description() const {
  MediaDescription line;
  line.mid = mid;
  line.port = port;
  line.bundle_only = bundle_only;
  line.kind = kind;
  line.kind_name = kind_name;
  line.protocol = protocol;
  if (!format.empty()) line.formats.push_back(format);
  return line;
}

Status check_follows(const Outline& before, const SessionDescription& next) {
  if (next.media.size() < before.size()) {
    return sdp_error(0, "SDP_MEDIA_REMOVED",
                     "there were " + std::to_string(before.size()) + " m-lines, now there are " +
                         std::to_string(next.media.size()) + "; an unused one stays, with port 0");
  }
  for (size_t i = 0; i < before.size(); ++i) {
    const auto& old = before[i];
    if (!old.is_active() || old.mid == next.media[i].mid) continue;
    return sdp_error(next.media[i].line, "SDP_MID_CHANGED",
                     "m-line " + std::to_string(i + 1) + " had the mid " + quoted(old.mid));
  }
  return ok();
}

}  // namespace kms::rtc
