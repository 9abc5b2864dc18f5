// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "kms-core/rtc/dtls/dtls_transport.hpp"
#include "kms-core/rtc/forwarding/rtcp_outlet.hpp"
#include "kms-core/rtc/forwarding/sealed_sender.hpp"
#include "kms-core/rtc/ice/ice_agent.hpp"
#include "kms-core/rtc/srtp/srtp_opener.hpp"
#include "kms-core/rtc/wire/prefetch.hpp"

namespace kms::rtc {

// ICE, DTLS and SRTP of one peer: from datagrams on a path to media in the clear and back. Media goes neither
// in nor out before the handshake is over and the peer's fingerprint was right. Lives on the RTC thread.
class PeerTransport final : public RtcpOutlet {
 public:
  struct Change {
    std::optional<Path> path_added;
    std::optional<Path> path_removed;
    bool state = false;
    bool selected = false;  // media takes another path
    bool refused = false;   // the datagram was forged or malformed
  };

  PeerTransport(const DtlsContext& dtls, SealedSender& sender, const SilenceLimits& limits, TimePoint now);
  ~PeerTransport() override;

  const IceCredentials& credentials() const { return ice_.local(); }
  bool answers_to(std::string_view ufrag) const { return ice_.answers_to(ufrag); }
  void offer_restart(IceCredentials offered) { ice_.offer_restart(std::move(offered)); }
  std::optional<IceCredentials> take_offered() { return ice_.take_offered(); }
  void restart_ice(IceCredentials local, TimePoint now) { ice_.restart(std::move(local), now); }
  // Offer and answer are there: from now on a peer that does not check is given up. It may take them as long
  // as it wants.
  void expect_checks(TimePoint now);
  // Who takes what comes by DTLS besides media, from within on_dtls(); before set_remote().
  void set_data_taker(std::function<void(Bytes data)> taker) { data_taker_ = std::move(taker); }
  // Sends data by DTLS. Dropped while media would not flow.
  void send_data(Bytes data);
  // What the peer's SDP says; from then on DTLS is spoken.
  Status set_remote(const Fingerprint& fingerprint, DtlsRole role, TimePoint now);
  bool has_remote() const { return dtls_ != nullptr; }
  // What the peer said before its SDP was here: call it after set_remote(). A peer that answers us begins as
  // soon as it has found a path, and would say it again only after a while.
  Change take_early(TimePoint now);
  bool dtls_started() const { return dtls_started_; }

  Change on_stun(const StunMessage& message, const Path& from, TimePoint now);
  Change on_dtls(Bytes datagram, const Path& from, TimePoint now);
  Change on_timer(TimePoint now);
  // Its connection is gone, or it is another peer's: media goes on by another path, if there is one.
  Change remove_path(const Path& path, TimePoint now);
  const std::vector<Path>& paths() const { return paths_; }

  IceState ice_state() const { return ice_.state(); }
  // Nothing before the offer.
  const DtlsTransport* dtls() const { return dtls_.get(); }
  // What is sent from now on is numbered and told to it; outlives all consumers.
  void use_estimator(SendEstimator* estimator) { target_.estimator = estimator; }
  bool is_open() const { return target_.open; }
  const SendTarget& target() const { return target_; }
  // Only while open.
  SrtpOpener& opener() { return *opener_; }
  // RTCP will come soon: first the transport itself, then what it refers to.
  void expect_rtcp() const {
    prefetch(&target_, sizeof target_);
    prefetch(&opener_, sizeof opener_);
  }
  void expect_rtcp_further() const {
    if (opener_) opener_->expect_rtcp();
  }
  bool takes_rtcp() const override { return target_.open; }
  void send_rtcp(MutableBytes buffer, size_t size) override;
  // All but checks.
  const Traffic& sent() const { return target_.sent; }
  // Says goodbye and stops sending.
  void close();

 private:
  bool keep_early(Bytes datagram, const Path& from);
  void start_dtls(TimePoint now);
  bool follow_dtls();
  // Media flows while the handshake stands, there is a path, and the peer shows signs of life (RFC 7675).
  void update_open();
  void open(const DtlsSrtpKeys& keys);

  const DtlsContext& context_;
  SealedSender& sender_;
  IceAgent ice_;
  std::vector<Path> paths_;
  std::unique_ptr<DtlsTransport> dtls_;
  struct Early {
    std::vector<uint8_t> datagram;
    Path from;
  };
  std::optional<Early> early_;  // DTLS, the last one
  std::function<void(Bytes)> data_taker_;
  bool dtls_started_ = false;
  bool expected_ = false;
  SendTarget target_;
  std::optional<SrtpOpener> opener_;
  std::optional<SrtcpSealer> sealer_;
};

TransportAddress transport_address_of(const Path& path);

}  // namespace kms::rtc
