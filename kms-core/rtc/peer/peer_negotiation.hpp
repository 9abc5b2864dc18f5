// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "kms-core/rtc/ice/ice_credentials.hpp"
#include "kms-core/rtc/peer/own_ssrcs.hpp"
#include "kms-core/rtc/peer/peer_consumers.hpp"
#include "kms-core/rtc/peer/peer_receiver.hpp"
#include "kms-core/rtc/sdp/answerer.hpp"
#include "kms-core/rtc/sdp/offer_check.hpp"
#include "kms-core/rtc/sdp/offerer.hpp"
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
  std::vector<LineState> lines;
  // The peer's end of the data channels; absent: there are none.
  struct Data {
    uint16_t port = 0;
    uint64_t max_message_size = 0;  // bytes; 0: any
  };
  std::optional<Data> data = {};
};

// What a peer's application has said about its descriptions.
struct NegotiationOptions {
  std::vector<Codec> codecs = {};  // PeerOptions::codecs
  uint64_t max_receive_bps = 0;    // PeerOptions::max_receive_bps
  bool data = false;               // data channels may be agreed on
};

// Turns offers into answers, makes offers and reads their answers; remembers what must stay the same from one
// to the next: session id, SSRCs, payload types and the peer's credentials. Lives on the RTC thread.
class PeerNegotiation {
 public:
  // Media streams of one peer, with simulcast each encoding: bounds what an offer can make us keep.
  static constexpr size_t kMaxStreams = 32;

  PeerNegotiation(uint64_t peer, NegotiationOptions options)
      : peer_(peer), options_(std::move(options)), ssrcs_(peer) {}

  Result<ReadOffer> read(const std::string& offer) const;
  // Takes all that kms can carry. Lines on which the peer receives are promised to the consumers, in order;
  // the others are kept ready for later ones. An offer of ours that has not been answered is taken back (RFC
  // 9429 section 4.1.8.2). Reasons SDP_*, among them SDP_TOO_MANY_STREAMS; then nothing has changed.
  Result<Agreement> answer(const ReadOffer& offer, LocalSide local, const PeerConsumers& consumers);

  // An offer of the lines that there are, changed as those of `wanted` with their mid say, and the others of
  // `wanted`, in the place of lines that have ended first. Reasons: OFFER_PENDING, NO_LINES, INVALID_OPTIONS.
  Result<std::string> offer(const std::vector<WantedLine>& wanted, LocalSide local,
                            const PeerConsumers& consumers);
  // Takes the offer back. Reasons: NO_OFFER_PENDING.
  Status withdraw();
  // Reasons: NO_OFFER_PENDING, and SDP_*; then the offer is still pending.
  Result<Agreement> accept(const std::string& answer);
  // The peer's RTCP asks for nothing behind a report: its feedback stands alone (RFC 5506).
  bool is_reduced_size() const { return reduced_size_; }
  // The peer's credentials, apart from a description: true if they are others than before. Reasons:
  // NOT_NEGOTIATED.
  Result<bool> take_credentials(const IceCredentials& theirs);

 private:
  std::vector<LineWish> wishes(const SessionDescription& offer, const PeerConsumers& consumers);
  std::vector<CodecChoice> allowed(MediaKind kind) const;
  std::vector<CodecChoice> offered(MediaKind kind, const SourceRef& source) const;
  bool allows(const SourceTrack& source) const;
  SentTrack& track_of(const std::string& mid);
  void retire_tracks();
  void name_track(SentTrack& track, const SourceRef& source) const;
  Status check_wanted(const std::vector<WantedLine>& wanted) const;
  const NegotiatedLine* line_in_use(const std::string& mid) const;
  // The mid of the first line in use where the application has stopped that; else empty. It has the transport
  // of all lines, which Chromium gives up with it, and so the connection: it stays in descriptions, inactive.
  std::string parked() const;
  bool is_parked(const std::string& mid) const { return !mid.empty() && mid == parked(); }
  void unpark(OfferLine& line, const WantedLine& wanted, std::vector<PeerConsumers::Slot>& waiting);
  OfferLine line_again(size_t index) const;
  void add_line(OfferLine line, std::vector<OfferLine>& lines) const;
  OfferLine new_line(const WantedLine& wanted, std::span<const OfferLine> before,
                     std::vector<PeerConsumers::Slot>& waiting);
  Status check_peer(const SessionDescription& theirs) const;
  Status count_streams(const SessionDescription& theirs, const Negotiation& agreed);
  static Outline agreed_outline(const SessionDescription& offer, const Negotiation& agreed);
  Agreement commit(Negotiation agreed);

  uint64_t peer_;
  NegotiationOptions options_;
  OwnSsrcs ssrcs_;
  OfferNumbers numbers_;
  uint64_t version_ = 0;
  std::map<std::string, SentTrack> tracks_;  // by mid
  std::vector<SentTrack> spare_tracks_;      // of mids that are gone
  std::optional<NegotiatedTransport> transport_;
  std::map<std::string, size_t> streams_;      // that the peer sends, by mid
  std::optional<Outline> outline_;             // of the latest offer that was answered, whoever made it
  std::vector<NegotiatedLine> lines_;          // what came of it
  bool reduced_size_ = true;                   // of all lines
  std::optional<SessionDescription> pending_;  // our offer
  // What the application wants of lines that there are, by mid; of others it wants all that the peer does.
  std::map<std::string, WantedLine> asked_;
};

}  // namespace kms::rtc
