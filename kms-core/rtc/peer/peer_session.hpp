// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/ice/stun_message.hpp"
#include "kms-core/rtc/net/datagram.hpp"
#include "kms-core/rtc/peer/peer_bandwidth.hpp"
#include "kms-core/rtc/peer/peer_consumers.hpp"
#include "kms-core/rtc/peer/peer_data.hpp"
#include "kms-core/rtc/peer/peer_feedback.hpp"
#include "kms-core/rtc/peer/peer_layers.hpp"
#include "kms-core/rtc/peer/peer_negotiation.hpp"
#include "kms-core/rtc/peer/peer_receiver.hpp"
#include "kms-core/rtc/peer/peer_transport.hpp"
#include "kms-core/rtc/peer/peer_watch.hpp"
#include "kms-core/rtc/peer/rtcp_inbox.hpp"
#include "kms-core/rtc/peer/turn_taker.hpp"
#include "kms-core/rtc/peer/wanted_encodings.hpp"
#include "kms-core/rtc/rtc.hpp"

namespace kms::rtc {

// One peer on its RTC thread: puts transport, receiving, sending, feedback and negotiation together.
class PeerSession final : public TurnTaker {
 public:
  PeerSession(Worker& worker, uint64_t id, PeerOptions options);

  uint64_t id() const { return id_; }
  Result<Answer> answer(const std::string& offer);
  Result<std::string> offer(const OfferWish& wish);
  Status withdraw();
  Result<Answer> accept(const std::string& answer);
  Result<std::optional<IceCredentials>> update_ice(const IceCredentials& theirs);
  void consume(const PeerConsumers::Wish& wish) { consumers_.consume(wish); }
  void stop_consuming(ConsumerId id) { consumers_.stop(id); }
  void set_layers(ConsumerId id, const LayerWish& wish) { consumers_.set_layers(id, wish); }
  void close();
  PeerStatistics statistics() const;
  // PeerStatistics::available_outgoing_bps.
  std::optional<double> available_bps(TimePoint now) const { return bandwidth_.available_bps(now); }
  PeerData& data() { return data_; }
  // What the SCTP thread has for the peer.
  void send_data(Bytes packet) { transport_.send_data(packet); }

  // RTCP will come soon: the peer's state is fetched, and in a second step what that refers to, so that many
  // peers wait for their memory at once.
  void expect_rtcp() const {
    transport_.expect_rtcp();
    prefetch(&bandwidth_, sizeof bandwidth_);
    prefetch(&inbox_, sizeof inbox_);
    prefetch(&received_, sizeof received_);
  }
  void expect_rtcp_further() const {
    transport_.expect_rtcp_further();
    bandwidth_.expect_feedback();
  }
  // False if the datagram was refused.
  bool on_stun(const StunMessage& message, const Path& from, TimePoint now);
  bool on_dtls(const Datagram& datagram, TimePoint now);
  bool on_rtp(const Datagram& datagram, TimePoint now);
  bool on_rtcp(const Datagram& datagram, TimePoint now);
  void on_path_closed(const Path& path);

  // Its checks have come lately.
  bool is_heard() const { return transport_.ice_state() == IceState::kConnected; }

  TimePoint end_turn(TimePoint now) override;
  void tick(TimePoint now);
  // Whether it sends transport-cc feedback, which need not be read at once.
  bool reports_arrivals() const { return bandwidth_.estimator() != nullptr; }
  // Whether what it asks for may come behind a report, in one compound.
  bool asks_behind_reports() const { return !negotiation_.is_reduced_size(); }
  // SSRCs of the streams whose packets wait for the end of their frame.
  void add_held_streams(std::vector<uint32_t>& out) const;

 private:
  Result<Answer> apply(Agreement agreed);
  void end_missing(const Agreement& agreed);
  Status use_transport(const NegotiatedTransport& transport);
  void update_data();
  void update_bandwidth(const std::vector<SendLine>& lines);
  void take_name(const std::string& ufrag);
  void restart_ice(const IceCredentials& ours);
  LocalSide local_side(const IceCredentials& credentials) const;
  void follow(const PeerTransport::Change& change);
  void hang_up(const Path& path);
  void take_path(const Path& path);
  void lose_path(const Path& path);
  void update_state();
  void tell(PeerState state, const std::string& reason);
  PeerFeedback::Peer feedback_view();
  void publish(const std::vector<PeerReceiver::Entry*>& entries);
  SourceTrack::Description description_of(const PeerReceiver::Entry& entry) const;

  Worker& worker_;
  uint64_t id_;
  PeerWatch watch_;
  PeerTransport transport_;
  PeerReceiver receiver_;
  PeerConsumers consumers_;
  PeerBandwidth bandwidth_;
  PeerLayers layers_;
  WantedEncodings wanted_;
  PeerFeedback feedback_;
  RtcpInbox inbox_;
  PeerData data_;
  PeerNegotiation negotiation_;
  std::vector<SourceRef> sources_;
  uint64_t next_source_ = 0;
  Traffic received_;  // without checks
  uint64_t checks_ = 0;
  std::vector<std::string> ufrags_;  // ours, restarts and offers included
};

}  // namespace kms::rtc
