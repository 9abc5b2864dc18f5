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
#include <string>
#include <vector>

#include "kms-core/base/status.hpp"
#include "kms-core/rtc/forwarding/frame_hold.hpp"
#include "kms-core/rtc/rtp/codec.hpp"
#include "kms-core/rtc/srtp/srtp_engine.hpp"

namespace kms::rtc {

class Worker;  // an RTC thread; internal
class PeerSession;

// How a Server is set up. The defaults are good for production on one machine without address translation.
struct ServerOptions {
  // RTC threads; 0: one per processor core.
  size_t threads = 0;
  // UDP and TCP port of the first thread, the others take the numbers after it; 0: any free ones.
  uint16_t port = 0;
  // IP addresses told to peers as candidates; empty: those of this machine's interfaces, or 127.0.0.1 if it
  // has no other.
  std::vector<std::string> announced;
  bool ipv6 = true;
  bool tcp = true;
  // PEM texts; empty: a self-signed ECDSA P-256 certificate made at start.
  std::string certificate;
  std::string key;
  // In order of preference.
  std::vector<SrtpProfile> profiles{SrtpProfile::kAeadAes128Gcm, SrtpProfile::kAesCm128HmacSha1_80};
  SrtpEngineChoice engine = SrtpEngineChoice::kBest;
  // How packets wait for each other, so that the kernel gets many at once.
  HoldPolicy hold;
  bool segment = true;  // UDP_SEGMENT
  // Bound of packets kept per thread, about 1.7 KB each.
  size_t packets_per_thread = 128 * 1024;
};

// A media stream that a peer sends to us. Ends with its peer; consuming it then has no effect.
class SourceTrack {
 public:
  uint64_t id() const { return id_; }
  Codec codec() const { return codec_; }
  // Of the codec, as in a=fmtp ("profile-level-id=42e01f;packetization-mode=1"); may be empty.
  const std::string& parameters() const { return parameters_; }
  bool is_video() const { return !is_audio(codec_); }
  const std::string& mid() const { return mid_; }
  const std::string& rid() const { return rid_; }      // of a simulcast encoding, else empty
  const std::string& cname() const { return cname_; }  // one for all tracks of a peer: they are in sync
  Worker& home() const { return *home_; }

 private:
  friend class PeerSession;
  SourceTrack() = default;

  uint64_t id_ = 0;
  Worker* home_ = nullptr;
  Codec codec_ = Codec::kOpus;
  std::string parameters_;
  std::string mid_;
  std::string rid_;
  std::string cname_;
};
// Shared, because the publisher's thread and the consumers' threads use it; immutable.
using SourceRef = std::shared_ptr<const SourceTrack>;

// What a peer's offer came to.
struct Answer {
  std::string sdp;
  // The tracks that the peer sends, one per m-line, or per rid with simulcast; those of earlier offers
  // included as long as their m-line is not rejected or used again for something else.
  std::vector<SourceRef> sources;
};

enum class PeerState : uint8_t {
  kNew,
  kConnected,     // media flows
  kDisconnected,  // no sign of life (told before 10 s are over), or its only connection ended; may come back
  kFailed,        // gave up: no sign of life for 30 s, or the handshake failed
  kClosed,        // the peer said so
};

struct PeerEvents {
  // `reason` is empty, or a stable upper-case word.
  std::function<void(PeerState state, const std::string& reason)> on_state;
};

struct PeerOptions {
  PeerEvents events;
  // A peer whose media the new one will consume: they then share a thread, which is cheaper in small rooms.
  SourceRef near;
  // The RTC thread to live on, from 0; -1: the server chooses.
  int thread = -1;
};

// A subscription of one peer to one source. Ends when destroyed.
class Consumer {
 public:
  ~Consumer();
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;

  // Sends each packet as it comes instead of whole frames, for a receiver whose link is tight.
  void set_prompt(bool prompt);

 private:
  friend class Peer;
  Consumer(Worker& worker, uint64_t peer, uint64_t id) : worker_(worker), peer_(peer), id_(id) {}

  Worker& worker_;
  uint64_t peer_;
  uint64_t id_;
};

// One WebRTC peer. Closed when destroyed.
class Peer {
 public:
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  uint64_t id() const { return id_; }
  // Answers an offer, the first or a later one. Reasons of failure: SDP_* with the line at fault,
  // PEER_CLOSED.
  void answer(std::string offer, std::function<void(Result<Answer>)> done);
  // Sends `source` to this peer, on the next free m-line of its kind and codec, now or after a later offer.
  // It begins with a key frame.
  std::unique_ptr<Consumer> consume(SourceRef source);

 private:
  friend class Server;
  Peer(Worker& worker, uint64_t id) : worker_(worker), id_(id) {}

  Worker& worker_;
  uint64_t id_;
  uint64_t next_consumer_ = 1;
};

struct ServerStatistics {
  size_t peers = 0;
  uint64_t packets_in = 0;
  uint64_t packets_out = 0;
  uint64_t media_out = 0;  // RTP packets that were to go out
  uint64_t bytes_out = 0;
  uint64_t messages_out = 0;       // system call entries: packets_out / messages_out is the gain of batching
  uint64_t refused_datagrams = 0;  // garbage, forged, replayed, from unknown addresses
  uint64_t dropped_out = 0;        // refused by the kernel, or by a TCP connection that is too slow
  uint64_t dropped_between = 0;    // for another RTC thread that was far behind
  uint64_t pooled_packets = 0;
};

// Owns the RTC threads. Peers and consumers must be gone before it.
class Server {
 public:
  // Binds the ports and starts the threads. Reasons: PORT_UNAVAILABLE, BAD_ADDRESS, CERTIFICATE_INVALID,
  // NO_IPSEC_MB if that engine was demanded.
  static Result<std::unique_ptr<Server>> start(const ServerOptions& options);
  ~Server();

  std::unique_ptr<Peer> create_peer(PeerOptions options);
  size_t threads() const { return workers_.size(); }
  uint16_t port(size_t thread) const;
  std::string_view engine() const;
  // Asks each thread; blocks for a moment. Not from an RTC thread.
  ServerStatistics statistics() const;

 private:
  struct Shared;
  explicit Server(std::unique_ptr<Shared> shared);
  Worker& place(const PeerOptions& options);

  std::unique_ptr<Shared> shared_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace kms::rtc
