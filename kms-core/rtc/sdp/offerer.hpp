// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/base/status.hpp"
#include "kms-core/rtc/sdp/local_side.hpp"

namespace kms::rtc {

// One m-line of an offer of ours.
struct OfferLine {
  MediaKind kind = MediaKind::kVideo;
  std::string mid = {};
  Direction direction = Direction::kSendRecv;
  std::vector<CodecChoice> codecs = {};  // in order of preference; must be of that kind
  std::optional<SentTrack> send = {};
  bool ended = false;  // port 0; its place may be used again
};

// An offer with everything in one BUNDLE: RTX, NACK, PLI, FIR and transport-cc for video, transport-cc for
// audio, the header extensions of `local`. Payload types are the same for the same codecs in every line.
SessionDescription make_offer(const LocalSide& local, std::span<const OfferLine> lines);

// What a peer's answer makes of `offer`. Negotiation::sdp stays empty. Reasons as check_description(), and
// SDP_ANSWER_MISMATCH if m-lines are missing or out of order.
Result<Negotiation> read_answer(const SessionDescription& offer, const SessionDescription& answer);

}  // namespace kms::rtc
