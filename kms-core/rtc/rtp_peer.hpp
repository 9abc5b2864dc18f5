// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>

#include "kms-core/rtc/plain/local_ports.hpp"
#include "kms-core/rtc/plain/rtp_negotiation.hpp"
#include "kms-core/rtc/plain/tone_reader.hpp"
#include "kms-core/rtc/plain/tone_script.hpp"
#include "kms-core/rtc/rtc.hpp"

namespace kms::rtc {

class RtpSession;

// Called on an RTC thread; must not block. `video`: which of the two lines.
struct RtpPeerEvents {
  std::function<void(bool video)> on_media_timeout;
  std::function<void(bool video)> on_media_resumed;
  // The source of the line: see SourceTrack::ended(). Without more of it the time-out follows when it is due.
  std::function<void(bool video)> on_goodbye;
  // Media goes there now, learnt or told by a description.
  std::function<void(bool video, const std::string& address)> on_remote_address;
  std::function<void(const Tone& tone)> on_tone;
};

struct RtpPeerOptions {
  RtpPeerEvents events;
  SourceRef near;  // as PeerOptions::near
  RtpPolicy policy;
  std::string bind;       // IP address; empty: all, of the peer's family
  std::string announced;  // IP address that descriptions name; empty: the bound one, or one of this machine
  PortRange ports;
  // Media goes to where the peer's first packets came from, see SourceGate.
  bool learn_address = false;
  std::chrono::milliseconds media_timeout{10'000};
};

// One kind of media without SDP.
struct RtpStream {
  Codec codec = Codec::kPcmu;
  std::string parameters = {};
  uint8_t payload_type = 0;
  std::optional<ToneFormat> tones = {};
  uint8_t extension_id = 0;         // see RtpLine
  std::string remote_address = {};  // IP address; empty: nowhere
  uint16_t remote_port = 0;         // 0: nowhere
  uint16_t remote_rtcp_port = 0;    // 0: the one after remote_port; equal to it: RTCP shares the port
  uint16_t local_port = 0;          // 0: the next free one
  uint32_t ssrc = 0;                // of what we send; 0: a random one
};

// Where media is received; ports 0: nowhere.
struct RtpLocalPorts {
  std::array<RtpLocal, 2> lines;  // sound, pictures
};

// A peer that speaks plain RTP (RFC 3550) from ports of its own, in the clear or under keys of the session
// description; sound and pictures, one line each, with the mids "audio" and "video". Closed when destroyed.
// As Peer otherwise.
class RtpPeer {
 public:
  ~RtpPeer();
  RtpPeer(const RtpPeer&) = delete;
  RtpPeer& operator=(const RtpPeer&) = delete;

  uint64_t id() const { return id_; }
  std::string cname() const;
  // See RtpNegotiation for what becomes of lines, and the reasons. All: PEER_CLOSED.
  void answer(std::string offer, std::function<void(Result<Answer>)> done);
  void offer(RtpOffer wanted, std::function<void(Result<std::string>)> done);
  void accept(std::string answer, std::function<void(Result<Answer>)> done);
  // Instead of descriptions. Reasons: BAD_ADDRESS, PORT_UNAVAILABLE.
  void use(std::optional<RtpStream> audio, std::optional<RtpStream> video,
           std::function<void(Result<Answer>)> done);
  void local_ports(std::function<void(Result<RtpLocalPorts>)> done);
  // Sends `source` to this peer, on the line of its kind. Pictures begin with a key frame.
  std::unique_ptr<Consumer> consume(SourceRef source, std::unique_ptr<Consumer> instead_of = {});
  // Takes the place of the sound while they last. Done when they are on their way. Reasons: TONES_INVALID,
  // NO_TELEPHONE_EVENT, TOO_MANY_TONES.
  void send_tones(ToneOptions tones, std::function<void(Status)> done);

 private:
  friend class Server;
  RtpPeer(Worker& worker, uint64_t id) : worker_(worker), id_(id) {}
  template <typename T>
  void ask(std::function<T(RtpSession&)> question, std::function<void(T)> done);

  Worker& worker_;
  uint64_t id_;
  uint64_t next_consumer_ = 1;
};

}  // namespace kms::rtc
