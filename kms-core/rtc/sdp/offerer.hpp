// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/base/status.hpp"
#include "kms-core/rtc/sdp/local_side.hpp"
#include "kms-core/rtc/sdp/offer_numbers.hpp"

namespace kms::rtc {

// One m-line of an offer of ours.
struct OfferLine {
  MediaKind kind = MediaKind::kVideo;
  std::string mid = {};
  Direction direction = Direction::kSendRecv;
  std::vector<CodecChoice> codecs = {};  // in order of preference; must be of that kind
  std::optional<SentTrack> send = {};
  bool ended = false;  // port 0; its place may be used again
  // What earlier descriptions agreed on, which counts in place of `codecs`.
  std::optional<NegotiatedLine> as = {};
  std::optional<MediaDescription> outline = {};  // of an earlier line in its place: kind, protocol, a format
};

// An offer with everything in one BUNDLE: RTX, NACK, PLI, FIR and transport-cc for video, transport-cc for
// audio, the header extensions of `local`; data channels for an application. A line of media without codecs,
// or for whose codecs there are no payload types left, is ended.
SessionDescription make_offer(const LocalSide& local, std::span<const OfferLine> lines,
                              OfferNumbers& numbers);
// The first offer of a session.
SessionDescription make_offer(const LocalSide& local, std::span<const OfferLine> lines);

// What a peer's answer makes of `offer`; lines outside its BUNDLE are rejected. Negotiation::sdp stays empty.
// Reasons as check_description(), and SDP_ANSWER_MISMATCH if m-lines are missing or out of order, or it is an
// offer.
Result<Negotiation> read_answer(const SessionDescription& offer, const SessionDescription& answer);

}  // namespace kms::rtc
