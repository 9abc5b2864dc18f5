// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "kms-core/rtc/dtls/dtls_transport.hpp"
#include "kms-core/rtc/ice/ice_credentials.hpp"
#include "kms-core/rtc/net/frame_buffer.hpp"
#include "kms-core/rtc/net/udp_socket.hpp"
#include "kms-core/rtc/peer/test_data.hpp"
#include "kms-core/rtc/rtc.hpp"
#include "kms-core/rtc/rtcp/transport_feedback_generator.hpp"
#include "kms-core/rtc/rtp/rtp_view.hpp"
#include "kms-core/rtc/sdp/session_description.hpp"
#include "kms-core/rtc/srtp/srtcp_sealer.hpp"
#include "kms-core/rtc/srtp/srtp_opener.hpp"

namespace kms::rtc::test {

using Packet = std::vector<uint8_t>;

// A browser's part in a test: VP8 and Opus lines over a socket on loopback. Works only while the test calls
// it.
class TestPeer {
 public:
  struct Options {
    bool publishes = false;
    SrtpProfile profile = SrtpProfile::kAesCm128HmacSha1_80;
    bool lies_about_fingerprint = false;
    bool rtx = true;
    bool tcp = false;                    // to the server's TCP candidate (RFC 4571)
    std::vector<std::string> rids = {};  // simulcast encodings of the video lines
    std::string audio = "opus/48000/2";
    std::string video = "VP8/90000";
    std::string video_parameters = {};  // as in a=fmtp
    bool transport_cc = false;
    bool remb = false;
    size_t candidate = 0;  // of those of its transport, the one that it speaks to
    bool data = false;     // a line of data channels as well, the third
    uint8_t level_id = 5;  // of RFC 6464 in offers of its own; 0: none
    uint8_t red = 0;       // the type of RED in them, before Opus; 0: none
  };
  // An m-line of the offer. At first there are the lines 0, sound, and 1, pictures.
  struct Line {
    std::string mid;
    bool video = true;
    std::string direction;
    uint32_t ssrc = 0;
    bool rejected = false;  // port 0, and out of BUNDLE
    bool data = false;      // neither sound nor pictures
  };

  explicit TestPeer(const Options& options);

  std::string offer() const;
  // Hands the offer, the first or another one, to the server and takes the answer. What the server said, or
  // its failure.
  Result<Answer> join(Peer& peer);
  // Has the server make an offer and answers it, as its lines say: those of the offer that are not among them
  // are rejected. What the server said of the answer, or its failure.
  Result<Answer> join_by_offer_of(Peer& peer, const std::vector<WantedLine>& wanted);
  static Result<std::string> offer_of(Peer& peer, const std::vector<WantedLine>& wanted,
                                      bool restart_ice = false);
  Result<std::string> answer_to(const std::string& offer);
  static Result<Answer> accept(Peer& peer, const std::string& answer);
  // Takes an answer that came some other way.
  Status use(const Answer& answer);
  // What the next offer says: its lines, and new ICE credentials.
  std::vector<Line>& lines() { return lines_; }
  void restart_ice() { ufrag_ += '+'; }
  // To another port or connection, as a phone that changes its network; the next check comes from there.
  void move();
  // To another of the server's candidates, by UDP.
  void speak_to(size_t candidate);
  // Checks and handshake until media may flow; false if that does not come within `limit`.
  bool connect(std::chrono::milliseconds limit = std::chrono::seconds(20));
  bool connected() const { return opener_.has_value(); }
  const DtlsTransport& dtls() const { return *dtls_; }
  // Only with Options::data, once the other side's description is here.
  TestData& data() { return *data_; }
  // What levels are said under, as agreed; 0: not at all.
  uint8_t level_id() const;
  // As a page that closes its connection.
  void say_goodbye() { dtls_->close(); }
  // A check with the credentials of the latest answer, or with given ones.
  void send_check(bool nominate = true) { send_check({first_line().ufrag, first_line().password}, nominate); }
  void send_check(const IceCredentials& to, bool nominate);
  const TransportSettings& first_line() const { return answer_.media.at(0).transport; }

  // Media: the caller counts sequence and time stamp.
  struct Frame {
    bool video = true;
    bool key_frame = false;
    bool marker = true;
    uint16_t sequence = 0;
    uint32_t timestamp = 0;
    size_t size = 500;
    uint32_t ssrc = 0;                        // 0: that of line 0 or 1
    std::string rid = {};                     // said in the packet, with the mid 1
    Packet payload = {};                      // empty: VP8 of `size` bytes
    uint64_t wraps = 0;                       // of the sequence number so far
    std::optional<uint8_t> orientation = {};  // urn:3gpp:video-orientation
    std::optional<uint8_t> type = {};         // another payload type than that of its kind
    std::optional<uint8_t> level = {};        // RFC 6464
    uint8_t padding = 0;                      // so many bytes of it, and no payload
  };
  void send(const Frame& frame);
  void send_rtcp(Packet compound);
  // Transport-cc about what came since the last time, if anything did.
  void send_transport_feedback();
  // Seals RTP under a key that nobody agreed on, and again under the right one.
  void lose_keys();
  void find_keys();
  void send_raw(Bytes packet);
  // Ends its SCTP, and the other side hears of it.
  void end_data();
  void send_by_dtls(Bytes data) { dtls_->send(data); }

  // Reads what is there until `done`, or until `limit` has passed. Gives what `done` said last.
  bool receive_until(const std::function<bool()>& done,
                     std::chrono::milliseconds limit = std::chrono::seconds(20));
  // For a test that waits for several peers at once.
  int descriptor() const { return socket_.get(); }
  void read_available() { read(); }
  // What came, in the clear. Sequence numbers begin anywhere.
  const std::vector<Packet>& rtp() const { return rtp_; }
  const std::vector<Packet>& rtcp() const { return rtcp_; }
  size_t count(bool video) const;
  // Whether the RTCP that came has a PLI, for one SSRC, or for any (0).
  bool asked_for_key_frame(uint32_t ssrc = 0) const;
  void clear();
  size_t failed_to_open() const { return failed_; }
  size_t datagrams() const { return datagrams_; }

  static constexpr uint32_t kVideoSsrc = 1111;
  static constexpr uint32_t kAudioSsrc = 2222;
  static constexpr uint8_t kVideoType = 96;
  static constexpr uint8_t kRtxType = 97;
  static constexpr uint8_t kAudioType = 111;
  static constexpr uint8_t kTransportSequenceId = 4;
  const SessionDescription& answer() const { return answer_; }
  const SocketAddress& server() const { return server_; }

 private:
  void on_datagram(MutableBytes datagram);
  void on_media(MutableBytes datagram);
  void open_srtp();
  void start_data();
  void send_data();
  std::string transport_lines(const Line& line) const;
  std::string media_line(const Line& line) const;
  void say_rids(std::string& text) const;
  std::string rid_lines() const;
  Packet header_of(const Frame& frame) const;
  static Packet payload_of(const Frame& frame);
  void read();
  Status use_description(const std::string& sdp);

  Options options_;
  std::vector<Line> lines_;
  std::string ufrag_ = "peer";
  uint8_t video_type_ = kVideoType;
  uint8_t audio_type_ = kAudioType;
  UniqueFd socket_;
  FrameBuffer frames_;
  SocketAddress server_;
  SessionDescription answer_;
  std::unique_ptr<TestData> data_;
  std::unique_ptr<DtlsTransport> dtls_;
  std::unique_ptr<SrtpEngine> engine_;
  std::unique_ptr<SrtpSealKey> key_;
  std::optional<SrtpOpener> opener_;
  std::optional<SrtcpSealer> sealer_;
  ReceiveBuffers buffers_;
  std::vector<Packet> rtp_;
  std::vector<Packet> rtcp_;
  TransportFeedbackGenerator arrivals_;
  size_t failed_ = 0;
  size_t datagrams_ = 0;
};

}  // namespace kms::rtc::test
