// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/base/status.hpp"
#include "kms-core/rtc/sdp/session_description.hpp"

namespace kms::rtc {

// True for an m-line of media that kms could take at all: audio or video over DTLS-SRTP, RTCP on the same
// port.
bool is_acceptable(const MediaDescription& media);

// The m-line whose ICE and DTLS settings count for all: the first acceptable one that is in use (and in the
// BUNDLE group, if there is one), where data channels are acceptable if `data`. Null if there is none.
const MediaDescription* transport_line(const SessionDescription& session, bool data = true);

// Whether a well-formed description makes sense as a peer's offer or answer: mids, BUNDLE, credentials,
// fingerprint, simulcast. Reasons SDP_..., with the line at fault.
Status check_description(const SessionDescription& session);

// As much of an m-line as check_follows() needs of the one before, and rejected_line(): a peer's lines may be
// large, and take most of a kilobyte even where they are not.
struct LineOutline {
  std::string mid;
  std::string kind_name;
  std::string protocol;
  std::string format;  // the first; empty: there is none
  MediaKind kind = MediaKind::kOther;
  bool bundle_only = false;
  uint16_t port = 0;

  bool is_active() const { return port != 0 || bundle_only; }
  MediaDescription description() const;
};
using Outline = std::vector<LineOutline>;
Outline outline_of(const SessionDescription& session);

// Whether `next` may follow `before` from the same peer: m-lines are never taken away and keep their mid
// unless they were rejected (RFC 9429 section 5.2.2). Reasons SDP_MEDIA_REMOVED, SDP_MID_CHANGED.
Status check_follows(const Outline& before, const SessionDescription& next);

}  // namespace kms::rtc
