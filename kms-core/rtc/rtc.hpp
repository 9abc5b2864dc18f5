// SPDX-License-Identifier: Apache-2.0
#pragma once

// The RTP plane of kms as a library: WebRTC peers, the media they send, and its forwarding to other peers.
//
//   auto server = rtc::Server::start({});
//   auto publisher = (*server)->create_peer({});
//   publisher->answer(offer, [](Result<rtc::Answer> answer) { ... answer->sdp, answer->sources ... });
//   auto viewer = (*server)->create_peer({});
//   auto consumer = viewer->consume(source);
//   viewer->answer(other_offer, ...);
//
// Every object may be used from any thread and works on its RTC thread: calls post and return. Callbacks come
// on an RTC thread and must not block it.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kms-core/base/status.hpp"
#include "kms-core/rtc/encodings_wanted.hpp"
#include "kms-core/rtc/forwarding/frame_hold.hpp"
#include "kms-core/rtc/ice/ice_credentials.hpp"
#include "kms-core/rtc/ice/silence_limits.hpp"
#include "kms-core/rtc/layer_wish.hpp"
#include "kms-core/rtc/offer_wish.hpp"
#include "kms-core/rtc/rtp/codec.hpp"
#include "kms-core/rtc/sctp/data_channel.hpp"
#include "kms-core/rtc/sctp/sctp_statistics.hpp"
#include "kms-core/rtc/source_track.hpp"
#include "kms-core/rtc/srtp/srtp_engine.hpp"
#include "kms-core/rtc/statistics.hpp"

namespace kms::rtc {

class ConsumerCounters;
class LocalSource;     // local_source.hpp
class LoudestSources;  // forwarding/loudest_sources.hpp
class PeerSession;
class RtpPeer;  // rtp_peer.hpp
struct RtpPeerOptions;
struct LocalSourceOptions;
class Tap;  // tap.hpp
struct TapOptions;
class Worker;  // an RTC thread; internal

// How a Server is set up. The defaults are good for production on one machine without address translation.
struct ServerOptions {
  // RTC threads; 0: one per processor core.
  size_t threads = 0;
  // UDP and TCP port of the first thread, the others take the numbers after it; 0: any free ones.
  uint16_t port = 0;
  // IP addresses told to peers as candidates; empty: those of this machine's interfaces, or 127.0.0.1 if it
  // has no other.
  std::vector<std::string> announced = {};
  bool ipv6 = true;
  bool tcp = true;
  // PEM texts; empty: a self-signed ECDSA P-256 certificate made at start.
  std::string certificate = {};
  std::string key = {};
  // In order of preference.
  std::vector<SrtpProfile> profiles{SrtpProfile::kAeadAes128Gcm, SrtpProfile::kAesCm128HmacSha1_80};
  SrtpEngineChoice engine = SrtpEngineChoice::kBest;
  // How packets wait for each other, so that the kernel gets many at once.
  HoldPolicy hold = {};
  SilenceLimits silence = {};  // of WebRTC peers
  bool segment = true;         // UDP_SEGMENT
  // Bound of packets kept per thread, about 1.7 KB each.
  size_t packets_per_thread = 128 * 1024;
};

// What offer and answer agreed on for one m-line, as we see it.
struct LineState {
  std::string mid;
  bool video = false;
  bool data = false;      // of data channels: it neither sends nor receives media
  bool accepted = false;  // false: rejected, or ended
  bool sends = false;     // we may send on it
  bool receives = false;  // the peer may send on it
  Codec codec = Codec::kOpus;
  std::string parameters;  // as in a=fmtp
};

// What a peer's offer came to, or its answer to ours.
struct Answer {
  std::string sdp;               // ours; empty when the peer answered
  std::vector<LineState> lines;  // one per m-line, in order
  // The tracks that the peer sends, one per m-line, or per rid with simulcast; those of earlier offers
  // included as long as their m-line is not rejected or used again for something else.
  std::vector<SourceRef> sources;
};

enum class PeerState : uint8_t {
  kNew,
  kConnected,     // media flows
  kDisconnected,  // no sign of life (SilenceLimits), or its only connection ended; may come back
  kFailed,        // gave up: no sign of life for long, or the handshake failed
  kClosed,        // the peer said so
};

// RFC 8445 and W3C RTCIceTransportState, as far as a lite agent knows them; RTCDtlsTransportState.
enum class IceTransportState : uint8_t { kNew, kChecking, kConnected, kDisconnected, kFailed, kClosed };
enum class DtlsTransportState : uint8_t { kNew, kConnecting, kConnected, kClosed, kFailed };

struct PeerEvents {
  // `reason` is empty, or a stable upper-case word.
  std::function<void(PeerState state, const std::string& reason)> on_state;
  std::function<void(IceTransportState state)> on_ice_state;
  std::function<void(DtlsTransportState state)> on_dtls_state;
  // The pair that media takes now: "udp 192.0.2.1:50000 198.51.100.7:40000", protocol, local, remote.
  std::function<void(const std::string& pair)> on_selected_pair;
  // One of the peer's sources, or more: see SourceTrack::ended().
  std::function<void()> on_goodbye;
  // Somebody begins to speak, after a second of silence at least, on a source whose packets say how loud they
  // are.
  std::function<void()> on_voice;
  // Other encodings of a track that the peer sends are wanted than before; at first, than all of them. It may
  // pause those that are not.
  std::function<void(const EncodingsWanted& track)> on_encodings_wanted;
};

struct PeerOptions {
  PeerEvents events = {};
  // A peer whose media the new one will consume: they then share a thread, which is cheaper in small rooms.
  SourceRef near = {};
  // The RTC thread to live on, from 0; -1: the server chooses.
  int thread = -1;
  // What may be spoken, in order of preference; empty: all that kms can carry, as the peer prefers. A source
  // that is to be sent on a line comes first if its codec may be spoken and the peer takes it; otherwise its
  // consumer waits and the line is agreed on all the same.
  std::vector<Codec> codecs = {};
  // What the peer is asked to send at most, all video together, bits per second (b=TIAS, RFC 3890); 0: no
  // bound.
  uint64_t max_receive_bps = 0;
  // The peer has opened a data channel, and it is open; gives who listens to it. On the SCTP thread, as what
  // is listened to. With this set, data channels are agreed on where the peer offers them.
  std::function<DataChannelEvents(const DataChannelRef& channel)> on_data_channel = {};
  // The group, of one peer's or of many, of which only the loudest are sent on to receivers (taps get all):
  // the peer's sound belongs to it, as far as its packets say how loud they are. Null: everything is sent on.
  std::shared_ptr<LoudestSources> loudest = {};
};

// A subscription of one peer to one source. Ends when destroyed.
class Consumer {
 public:
  ~Consumer();
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;

  // Another wish than that of Peer::consume(); without one there, only `paused` counts.
  void set_layers(const LayerWish& wish);

  // What was sent to it so far, and the bytes of payload; at most 50 ms old. What was sent again for repair
  // is not counted. Any thread.
  uint64_t packets() const;
  uint64_t bytes() const;

 private:
  friend class Peer;
  friend class RtpPeer;
  Consumer(Worker& worker, uint64_t peer, uint64_t id, std::shared_ptr<const ConsumerCounters> sent);

  Worker& worker_;
  uint64_t peer_;
  uint64_t id_;
  std::shared_ptr<const ConsumerCounters> sent_;
};

struct PeerStatistics {
  std::vector<StreamStatistics> inbound;
  std::vector<StreamStatistics> outbound;
  // RTCTransportStats and RTCIceCandidatePairStats of the selected pair: whole datagrams, without checks.
  uint64_t bytes_received = 0;
  uint64_t bytes_sent = 0;
  uint64_t packets_received = 0;
  uint64_t packets_sent = 0;
  uint64_t requests_received = 0;  // STUN checks
  // availableOutgoingBitrate: what the way to the peer bears, by its transport-cc feedback or its REMB;
  // nothing while neither came.
  std::optional<double> available_outgoing_bps;
  IceTransportState ice_state = IceTransportState::kNew;
  DtlsTransportState dtls_state = DtlsTransportState::kNew;
  std::string srtp_cipher;  // "AEAD_AES_128_GCM"
  // Once the handshake is over: whether we are DTLS's client, "DTLSv1.2",
  // "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256".
  bool dtls_client = false;
  std::string dtls_version;
  std::string dtls_cipher;
  // Of the certificates, as in SDP: "sha-256 AB:CD:..."; empty before the descriptions.
  std::string local_fingerprint;
  std::string remote_fingerprint;
  std::string selected_pair;  // see PeerEvents::on_selected_pair
  uint64_t pair_changes = 0;  // selectedCandidatePairChanges
  uint64_t ntp = 0;           // when all this was so, as in sender reports (RFC 3550 section 4)
};

// One WebRTC peer. Closed when destroyed.
class Peer {
 public:
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  uint64_t id() const { return id_; }
  // SourceTrack::cname() of all that the peer will send.
  std::string cname() const { return cname_of(id_); }
  // Answers an offer, the first or a later one. Reasons of failure: SDP_* with the line at fault,
  // PEER_CLOSED.
  void answer(std::string offer, std::function<void(Result<Answer>)> done);
  // Makes an offer of ours; one of the peer's that comes before the answer takes its place (RFC 9429 section
  // 4.1.8.2). Reasons: PEER_CLOSED, OFFER_PENDING, NO_LINES, INVALID_OPTIONS for a mid that no line has.
  void offer(OfferWish wish, std::function<void(Result<std::string>)> done);
  // Takes back an offer that was not answered. Reasons: PEER_CLOSED, NO_OFFER_PENDING.
  void withdraw_offer(std::function<void(Status)> done);
  // Takes the answer to our offer. Reasons: SDP_*, then the offer is still pending; PEER_CLOSED,
  // NO_OFFER_PENDING.
  void accept(std::string answer, std::function<void(Result<Answer>)> done);
  // A candidate of the peer's ("candidate:..." or "a=candidate:...", RFC 8839; empty: there are no more). A
  // lite agent waits for checks, so that it is only read. Reasons: CANDIDATE_INVALID, PEER_CLOSED.
  void add_candidate(std::string candidate, std::function<void(Status)> done);
  // The peer's credentials, told apart from an offer (RFC 8840): others than before restart ICE, and ours
  // that count from now on are given; nothing if they are the same. All else that was agreed on stays.
  // Reasons: PEER_CLOSED, NOT_NEGOTIATED.
  void update_ice(IceCredentials theirs, std::function<void(Result<std::optional<IceCredentials>>)> done);
  // Our candidates, as they stand in our descriptions ("candidate:...").
  std::vector<std::string> candidates() const;
  // Sends `source` to this peer, on the m-line `mid` or the next free one of its kind and codec, now or after
  // a later offer. It begins with a key frame. `instead_of`, one of this peer's, ends; of pictures, where
  // both can have the same m-line, when the new one begins, two seconds later at most. With `layers`, and a
  // source that is of a simulcast track, the peer gets that of its encodings which the wish and the bandwidth
  // leave, and changes from one to another on key frames; without, the source and no other.
  std::unique_ptr<Consumer> consume(SourceRef source, std::string mid = {},
                                    std::unique_ptr<Consumer> instead_of = {},
                                    const std::optional<LayerWish>& layers = {});
  // Asks the thread. Reasons: PEER_CLOSED.
  void statistics(std::function<void(Result<PeerStatistics>)> done);
  // Opens a data channel, at once or when an offer with a line of data was answered: it is for the
  // application to make one. Reasons: PEER_CLOSED, NO_DATA_CHANNELS without PeerOptions::on_data_channel, and
  // those of DataChannelOptions: DATA_CHANNEL_INVALID, TOO_MANY_CHANNELS, DATA_CHANNEL_CLOSED.
  void open_data_channel(DataChannelOptions options, DataChannelEvents events,
                         std::function<void(Result<DataChannelRef>)> done);
  // Asks the SCTP thread, where `done` is called. Reasons: PEER_CLOSED.
  void data_statistics(std::function<void(Result<SctpStatistics>)> done);
  // Holds up what the peer sends over data channels.
  void set_data_reading(bool reading);

 private:
  friend class PeerNegotiation;
  friend class PeerSession;
  friend class RtpMedia;
  friend class RtpPeer;
  friend class Server;
  static std::string cname_of(uint64_t peer) { return "kms-" + std::to_string(peer); }
  Peer(Worker& worker, uint64_t id) : worker_(worker), id_(id) {}

  template <typename T, typename Ask>
  void ask(std::function<void(Result<T>)> done, Ask ask);

  Worker& worker_;
  uint64_t id_;
  uint64_t next_consumer_ = 1;
};

// Owns the RTC threads. Peers and consumers must be gone before it.
class Server {
 public:
  // Binds the ports and starts the threads. Reasons: PORT_UNAVAILABLE, BAD_ADDRESS, CERTIFICATE_INVALID,
  // NO_IPSEC_MB if that engine was demanded.
  static Result<std::unique_ptr<Server>> start(const ServerOptions& options);
  ~Server();

  std::unique_ptr<Peer> create_peer(PeerOptions options);
  // One that speaks plain RTP; see rtp_peer.hpp.
  std::unique_ptr<RtpPeer> create_rtp_peer(RtpPeerOptions options);
  // Ways out of the plane and into it; see tap.hpp and local_source.hpp.
  std::unique_ptr<Tap> tap(const SourceRef& source, const TapOptions& options);
  std::unique_ptr<LocalSource> create_local_source(const LocalSourceOptions& options);
  size_t threads() const { return workers_.size(); }
  uint16_t port(size_t thread) const;
  std::string_view engine() const;
  // Asks each thread; blocks for a moment. Not from an RTC thread.
  ServerStatistics statistics() const;
  // The same without waiting; `done` runs on the RTC thread that answers last.
  void statistics(std::function<void(const ServerStatistics&)> done) const;

 private:
  struct Shared;
  explicit Server(std::unique_ptr<Shared> shared);
  Worker& place(const SourceRef& near, int thread = -1);

  std::unique_ptr<Shared> shared_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace kms::rtc
