// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/net/datagram.hpp"
#include "kms-core/rtc/peer/own_ssrcs.hpp"
#include "kms-core/rtc/peer/peer_consumers.hpp"
#include "kms-core/rtc/peer/peer_feedback.hpp"
#include "kms-core/rtc/peer/peer_receiver.hpp"
#include "kms-core/rtc/peer/rtcp_inbox.hpp"
#include "kms-core/rtc/peer/tone_sender.hpp"
#include "kms-core/rtc/peer/turn_taker.hpp"
#include "kms-core/rtc/plain/plain_transport.hpp"
#include "kms-core/rtc/plain/source_gate.hpp"
#include "kms-core/rtc/rtp_peer.hpp"

namespace kms::rtc {

// One line, of sound or of pictures, of a peer of plain RTP: its sockets, who sends to them, and both
// directions of its media. Lives on the RTC thread.
class RtpMedia {
 public:
  // What the lines of one peer share.
  struct Owner {
    Worker& worker;
    uint64_t peer;
    TurnTaker& turn;
    const RtpPeerOptions& options;
    SenderClock& clock;
    OwnSsrcs& ssrcs;
  };

  RtpMedia(const Owner& owner, bool video);
  ~RtpMedia();
  RtpMedia(const RtpMedia&) = delete;
  RtpMedia& operator=(const RtpMedia&) = delete;

  // Binds ports, if there are none yet. `port` 0: the next free ones. Reasons: PORT_UNAVAILABLE, BAD_ADDRESS,
  // SDP_ADDRESS if the bound ones are of the other family than `like`.
  Result<RtpLocal> open(bool mux, const std::optional<SocketAddress>& like, uint16_t port = 0);
  RtpLocal local() const;
  // What has been agreed on; `ssrc`: of what we send, 0: as before.
  void use(const RtpLine& line, uint32_t ssrc = 0);
  // The line is no more.
  void end();
  const std::optional<RtpLine>& line() const { return line_; }
  LineState state() const;
  const SourceRef& source() const { return source_; }
  // Of what is to be sent; nothing: whatever.
  std::optional<CodecChoice> wanted_codec() const;

  PeerConsumers& consumers() { return consumers_; }
  const PeerReceiver& receiver() const { return receiver_; }
  Status send_tones(const ToneOptions& tones);

  TimePoint end_turn(TimePoint now);
  void tick(TimePoint now);

 private:
  enum class Port : uint8_t { kRtp, kRtcp };

  Result<SocketAddress> bind_address(const std::optional<SocketAddress>& like) const;
  Status watch(LocalPorts ports);
  Status watch(UniqueFd fd, Port port);
  void close_rtcp_port();
  void close_ports();
  void on_datagram(Datagram datagram, Port port);
  bool take(const Datagram& datagram, Port port, TimePoint now);
  bool on_rtp(const Datagram& datagram, TimePoint now);
  bool on_rtcp(const Datagram& datagram, Port port, TimePoint now);
  void take_goodbye();
  void set_remote(const std::optional<SocketAddress>& media, const std::optional<SocketAddress>& rtcp);
  void learn(const SocketAddress& from);
  void update_open();
  void receive_on(const RtpLine& line);
  void send_on(const RtpLine& line);
  void end_source();
  void note_media(TimePoint now);
  void look_for_silence(TimePoint now);
  void tell(const std::optional<Tone>& tone) const;
  void say_goodbye();
  PeerFeedback::Peer feedback_view();

  Owner owner_;
  const bool video_;
  const std::string mid_;
  std::array<uint32_t, 2> sockets_{};  // by Port; 0: none
  uint16_t port_ = 0;
  std::string announced_;
  bool v6_ = false;
  std::optional<RtpLine> line_;
  uint32_t ssrc_;
  uint64_t next_source_ = 0;
  SourceRef source_;
  SourceGate gate_;
  PlainTransport transport_;
  PeerReceiver receiver_;
  PeerConsumers consumers_;
  PeerFeedback feedback_;
  RtcpInbox inbox_;
  ToneReader tones_in_;
  ToneSender tones_out_;
  bool rtcp_learnt_ = false;
  TimePoint media_at_{};  // the last packet, or the description after which there should be one
  bool silent_ = false;
};

}  // namespace kms::rtc
