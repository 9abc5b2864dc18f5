// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/base/status.hpp"
#include "kms-core/rtc/sdp/local_side.hpp"

namespace kms::rtc {

// What we want of one m-line of an offer.
struct LineWish {
  bool accept = true;   // false: reject it
  bool receive = true;  // take what the peer sends
  std::optional<SentTrack> send = {};
  // What is best, in this order, if the peer offers it.
  std::vector<CodecChoice> preferred = {};
  // What else may be spoken, any order: of what the peer offers, its first counts. Empty: all codecs.
  std::vector<CodecChoice> codecs = {};
};

// Answers an offer that check_description() found good (RFC 9429 section 5.3.1). Every m-line is answered:
// one codec is taken of each that kms can carry, with its RTX; unknown kinds, protocols and codecs are
// rejected with port 0 and stay out of BUNDLE. There is one transport: what the offer does not put into the
// first BUNDLE group, beyond a single line without any, is rejected. `wishes` go by m-line; missing ones are
// the default. Fails with SDP_PEER_ICE_LITE if the peer is lite as well, and as check_description() does.
Result<Negotiation> answer_offer(const SessionDescription& offer, const LocalSide& local,
                                 std::span<const LineWish> wishes);

}  // namespace kms::rtc
