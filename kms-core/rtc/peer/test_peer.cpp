// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/peer/test_peer.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <future>
#include <sstream>

#include "kms-core/rtc/ice/test_checks.hpp"
#include "kms-core/rtc/rtp/packet_kind.hpp"
#include "kms-core/rtc/sdp/sdp_parser.hpp"

namespace kms::rtc::test {
namespace {

const DtlsContext& context_for(SrtpProfile profile) {
  static const auto certificate = *DtlsCertificate::make();
  static const auto gcm = *DtlsContext::create(certificate, {SrtpProfile::kAeadAes128Gcm});
  static const auto ctr = *DtlsContext::create(certificate, {SrtpProfile::kAesCm128HmacSha1_80});
  return profile == SrtpProfile::kAeadAes128Gcm ? gcm : ctr;
}

Fingerprint fingerprint_for(const TestPeer::Options& options) {
  auto fingerprint = context_for(options.profile).fingerprint();
  if (options.lies_about_fingerprint) fingerprint.digest[5] ^= 1;
  return fingerprint;
}

// "candidate:1 1 udp 2130706431 127.0.0.1 5000 typ host"
SocketAddress address_in(const std::string& candidate) {
  std::istringstream words(candidate);
  std::string skipped, ip;
  int port = 0;
  words >> skipped >> skipped >> skipped >> skipped >> ip >> port;
  return *SocketAddress::parse(ip, static_cast<uint16_t>(port));
}

}  // namespace

TestPeer::TestPeer(const Options& options)
    : options_(options),
      socket_(std::move(*open_udp(*SocketAddress::parse("127.0.0.1", 0), {}))),
      engine_(make_srtp_engine(SrtpEngineChoice::kOpenSsl)) {}

std::string TestPeer::media_lines() const {
  const char* direction = options_.publishes ? "sendonly" : "recvonly";
  const auto common = fmt::format(
      "c=IN IP4 0.0.0.0\r\na=ice-ufrag:peer\r\na=ice-pwd:0123456789012345678901\r\na=fingerprint:{}\r\n"
      "a=setup:actpass\r\na=rtcp-mux\r\na={}\r\na=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid\r\n",
      fingerprint_for(options_).text(), direction);
  const auto ssrc = [&](uint32_t value) {
    return options_.publishes ? fmt::format("a=ssrc:{} cname:test\r\n", value) : std::string{};
  };
  const std::string rtx = options_.rtx ? "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n" : "";
  return "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=rtpmap:111 opus/48000/2\r\n" + common +
         ssrc(kAudioSsrc) +
         fmt::format("m=video 9 UDP/TLS/RTP/SAVPF 96{}\r\na=mid:1\r\na=rtpmap:96 VP8/90000\r\n",
                     options_.rtx ? " 97" : "") +
         rtx + "a=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n" + common + ssrc(kVideoSsrc);
}

std::string TestPeer::offer() const {
  return "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n" + media_lines();
}

Result<Answer> TestPeer::join(Peer& peer) {
  std::promise<Result<Answer>> promise;
  peer.answer(offer(), [&](Result<Answer> answer) { promise.set_value(std::move(answer)); });
  auto answer = promise.get_future().get();
  if (!answer.ok()) return answer;
  if (const auto status = use(*answer); !status.ok()) return status;
  return answer;
}

Status TestPeer::use(const Answer& answer) {
  auto parsed = parse_sdp(answer.sdp);
  if (!parsed.ok()) return parsed.status();
  answer_ = std::move(*parsed);
  const auto& first = answer_.media.at(0);
  server_ = address_in(first.candidates.at(0));
  auto dtls = DtlsTransport::create(
      context_for(options_.profile),
      {DtlsRole::kClient, *first.transport.fingerprint, [this](Bytes bytes) { send_raw(bytes); }},
      Clock::now());
  if (!dtls.ok()) return dtls.status();
  dtls_ = std::move(*dtls);
  return ok();
}

void TestPeer::send_check() {
  const auto& transport = answer_.media.at(0).transport;
  Check check;
  check.to = {transport.ufrag, transport.password};
  check.nominate = true;
  send_raw(make_check(check));
}

bool TestPeer::connect(std::chrono::milliseconds limit) {
  send_check();
  dtls_->start(Clock::now());
  return receive_until([&] { return dtls_->state() != DtlsState::kHandshaking; }, limit) && connected();
}

void TestPeer::send_raw(Bytes packet) {
  ::sendto(socket_.get(), packet.data(), packet.size(), 0, server_.data(), server_.size());
}

void TestPeer::send(const Frame& frame) {
  Packet clear(12 + frame.size, 0x55);
  clear[0] = 0x80;
  clear[1] = static_cast<uint8_t>((frame.marker ? 0x80 : 0) | (frame.video ? kVideoType : kAudioType));
  store_u16(&clear[2], frame.sequence);
  store_u32(&clear[4], frame.timestamp);
  const uint32_t ssrc = frame.ssrc != 0 ? frame.ssrc : frame.video ? kVideoSsrc : kAudioSsrc;
  store_u32(&clear[8], ssrc);
  clear[12] = 0x10;                            // VP8: start of partition 0
  clear[13] = frame.key_frame ? 0x00 : 0x01;   // inverse key frame flag
  std::copy_n("\x9d\x01\x2a", 3, &clear[16]);  // a key frame's start code
  Packet sealed(clear);
  sealed.resize(clear.size() + kMaxSrtpTag + SrtpEngine::kSealSlack);
  const SrtpSealJob job{
      key_.get(),    clear.data() + 12, sealed.data(), ssrc, 12, static_cast<uint16_t>(frame.size),
      frame.sequence};
  engine_->seal({&job, 1});
  send_raw(Bytes(sealed).first(clear.size() + tag_size(options_.profile)));
}

void TestPeer::send_rtcp(Packet compound) {
  const size_t size = compound.size();
  compound.resize(size + SrtcpSealer::kOverhead);
  send_raw(Bytes(compound).first(sealer_->seal(compound, size)));
}

bool TestPeer::receive_until(const std::function<bool()>& done, std::chrono::milliseconds limit) {
  const auto end = Clock::now() + limit;
  while (!done()) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    if (left <= 0) return false;
    pollfd wait{socket_.get(), POLLIN, 0};
    poll(&wait, 1, static_cast<int>(std::min<int64_t>(left, 20)));
    for (const auto& datagram : buffers_.receive(socket_.get())) on_datagram(datagram.bytes);
    if (dtls_ && Clock::now() >= dtls_->deadline()) dtls_->on_timer(Clock::now());
  }
  return true;
}

void TestPeer::on_datagram(MutableBytes datagram) {
  const auto kind = packet_kind(datagram);
  ++datagrams_;
  if (kind == PacketKind::kDtls && dtls_->on_datagram(datagram, Clock::now())) open_srtp();
  if (kind == PacketKind::kRtp || kind == PacketKind::kRtcp) on_media(datagram);
}

void TestPeer::open_srtp() {
  if (dtls_->state() != DtlsState::kConnected) return;
  const auto& keys = *dtls_->keys();
  const auto ours = derive_srtp_keys(keys.profile, keys.send);
  key_ = engine_->make_key(keys.profile, ours.rtp);
  sealer_.emplace(keys.profile, ours.rtcp);
  opener_.emplace(keys.profile, keys.receive);
}

void TestPeer::on_media(MutableBytes datagram) {
  if (!opener_) return;
  if (packet_kind(datagram) == PacketKind::kRtcp) {
    size_t size = 0;
    const auto verdict = opener_->open_rtcp(datagram, &size);
    if (verdict != SrtpVerdict::kOk) ++failed_;
    if (verdict == SrtpVerdict::kOk)
      rtcp_.emplace_back(datagram.begin(), datagram.begin() + static_cast<ptrdiff_t>(size));
    return;
  }
  const auto view = RtpView::parse_protected(datagram);
  if (!view) return;
  Packet clear(datagram.begin(), datagram.end());
  SrtpOpener::Rtp rtp;
  if (opener_->open_rtp(datagram, view->header_size(), clear.data() + view->header_size(), &rtp) !=
      SrtpVerdict::kOk) {
    ++failed_;
    return;
  }
  clear.resize(view->header_size() + rtp.payload_size);
  rtp_.push_back(std::move(clear));
}

size_t TestPeer::count(bool video) const {
  const auto type = video ? kVideoType : kAudioType;
  return static_cast<size_t>(
      std::ranges::count_if(rtp_, [&](const Packet& p) { return (p[1] & 0x7f) == type; }));
}

void TestPeer::clear() {
  rtp_.clear();
  rtcp_.clear();
}

}  // namespace kms::rtc::test
