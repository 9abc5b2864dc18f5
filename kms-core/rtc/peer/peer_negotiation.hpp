// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "kms-core/rtc/peer/own_ssrcs.hpp"
#include "kms-core/rtc/peer/peer_consumers.hpp"
#include "kms-core/rtc/peer/peer_receiver.hpp"
#include "kms-core/rtc/sdp/answerer.hpp"
#include "kms-core/rtc/wire/transport_address.hpp"

namespace kms::rtc {

// An offer that was found good, read but not yet answered.
struct ReadOffer {
  SessionDescription description;
  bool restarts_ice = false;
};

// What an offer and its answer agreed on, in the terms of the two halves of a peer.
struct Agreement {
  std::string sdp;
  std::optional<NegotiatedTransport> transport;  // absent: every line was rejected
  std::vector<ReceiveLine> receive;
  std::vector<std::string> paused;  // mids of other lines, on which the peer may send again
  std::vector<SendLine> send;
};

// Turns offers into answers and remembers what must stay the same from one to the next: session id, SSRCs and
// the peer's credentials. Lives on the RTC thread.
class PeerNegotiation {
 public:
  // Media streams of one peer, with simulcast each encoding: bounds what an offer can make us keep.
  static constexpr size_t kMaxStreams = 32;

  explicit PeerNegotiation(uint64_t peer) : peer_(peer), ssrcs_(peer) {}

  Result<ReadOffer> read(const std::string& offer) const;
  // Takes all that kms can carry. Lines on which the peer receives are promised to the consumers, in order;
  // the others are kept ready for later ones. Reasons SDP_*, among them SDP_TOO_MANY_STREAMS; then nothing
  // has changed.
  Result<Agreement> answer(const ReadOffer& offer, LocalSide local, const PeerConsumers& consumers);

 private:
  std::vector<LineWish> wishes(const SessionDescription& offer, const PeerConsumers& consumers);
  SentTrack& track_of(const std::string& mid);
  Status count_streams(const SessionDescription& theirs, const Negotiation& agreed);

  uint64_t peer_;
  OwnSsrcs ssrcs_;
  uint64_t version_ = 0;
  std::map<std::string, SentTrack> tracks_;  // by mid
  std::optional<NegotiatedTransport> transport_;
  std::map<std::string, size_t> streams_;         // that the peer sends, by mid
  std::optional<SessionDescription> last_offer_;  // its outline
};

}  // namespace kms::rtc
