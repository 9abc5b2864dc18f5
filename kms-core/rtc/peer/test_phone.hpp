// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "kms-core/rtc/net/udp_socket.hpp"
#include "kms-core/rtc/plain/sdes.hpp"
#include "kms-core/rtc/rtp/rtp_view.hpp"
#include "kms-core/rtc/rtp_peer.hpp"
#include "kms-core/rtc/sdp/session_description.hpp"
#include "kms-core/rtc/srtp/srtcp_sealer.hpp"
#include "kms-core/rtc/srtp/srtp_opener.hpp"

namespace kms::rtc::test {

// What a phone or a camera does in a test, for one m-line: a pair of sockets on loopback, in the clear or
// under a key. Works only while the test calls it.
class TestPhone {
 public:
  struct Options {
    std::string host = "127.0.0.1";
    bool video = false;
    bool mux = false;
    std::string protocol = "RTP/AVP";
    std::string formats = "0 8 101";
    std::string attributes = "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n";
    std::optional<SrtpProfile> suite = {};
  };
  struct Media {
    uint8_t type = 0;
    uint16_t sequence = 0;
    uint32_t timestamp = 0;
    uint32_t ssrc = 77;
    bool marker = false;
    std::vector<uint8_t> payload = std::vector<uint8_t>(160, 0x55);
    uint64_t wraps = 0;                     // of the sequence number so far
    std::optional<uint8_t> extension = {};  // how loud it is, or how it lies: the one byte of extension 3
  };
  using Packet = std::vector<uint8_t>;

  explicit TestPhone(Options options);

  // Under a key of this suite from now on, or in the clear.
  void secure(std::optional<SrtpProfile> suite);

  std::string offer(const std::string& more = {}) const;
  // Takes the server's answer, or an offer of it; only this phone's m-line counts.
  void use(const std::string& description);
  // Offers and takes the answer.
  Result<Answer> call(RtpPeer& peer, const std::string& more = {});
  uint16_t port() const { return local_port(rtp_.get()); }
  SocketAddress server() const { return server_; }
  // RTCP goes to the port after it.
  void set_server(const SocketAddress& rtp) {
    server_ = rtp;
    server_rtcp_ = rtp.with_port(static_cast<uint16_t>(rtp.port() + 1));
  }

  void send(const Media& media);
  // From another socket than its own.
  void send_from(int fd, const Media& media);
  void send_rtcp(Packet compound);

  bool receive_until(const std::function<bool()>& done,
                     std::chrono::milliseconds limit = std::chrono::seconds(20));
  const std::vector<Packet>& rtp() const { return received_; }
  const std::vector<Packet>& rtcp() const { return reports_; }
  void clear();
  size_t failed() const { return failed_; }

 private:
  Packet sealed(const Media& media);
  void read(int fd);
  void on_datagram(MutableBytes datagram);

  Options options_;
  UniqueFd rtp_;
  UniqueFd rtcp_;
  SocketAddress server_;
  SocketAddress server_rtcp_;
  std::optional<SdesKey> ours_;
  std::unique_ptr<SrtpEngine> engine_;
  std::unique_ptr<SrtpSealKey> key_;
  std::optional<SrtcpSealer> sealer_;
  std::optional<SrtpOpener> opener_;
  ReceiveBuffers buffers_;
  std::vector<Packet> received_;
  std::vector<Packet> reports_;
  size_t failed_ = 0;
};

// Waits for what a call gives to its callback.
Result<Answer> answer_of(RtpPeer& peer, const std::string& offer);

}  // namespace kms::rtc::test
