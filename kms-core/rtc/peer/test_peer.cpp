// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/peer/test_peer.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <future>
#include <sstream>

#include "kms-core/rtc/ice/test_checks.hpp"
#include "kms-core/rtc/rtp/packet_kind.hpp"
#include "kms-core/rtc/sdp/answerer.hpp"
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
SocketAddress address_in(const std::vector<std::string>& candidates, bool tcp, size_t skipped) {
  for (const auto& candidate : candidates) {
    std::istringstream words(candidate);
    std::string foundation, component, protocol, priority, ip;
    int port = 0;
    words >> foundation >> component >> protocol >> priority >> ip >> port;
    if ((protocol == "tcp") != tcp) continue;
    if (skipped-- == 0) return *SocketAddress::parse(ip, static_cast<uint16_t>(port));
  }
  return {};
}

UniqueFd connected_to(const SocketAddress& server) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ::connect(fd.get(), server.data(), server.size());
  return fd;
}

UniqueFd any_udp(bool v6) {
  return std::move(*open_udp(*SocketAddress::parse(v6 ? "::1" : "127.0.0.1", 0), {}));
}

}  // namespace

TestPeer::TestPeer(const Options& options)
    : options_(options), socket_(any_udp(false)), engine_(make_srtp_engine(SrtpEngineChoice::kOpenSsl)) {
  const std::string direction = options.publishes ? "sendonly" : "recvonly";
  lines_ = {{"0", false, direction, kAudioSsrc}, {"1", true, direction, kVideoSsrc}};
  if (options.data) lines_.push_back({.mid = "2", .video = false, .direction = "", .data = true});
}

std::string TestPeer::transport_lines(const Line& line) const {
  return fmt::format(
      "c=IN IP4 0.0.0.0\r\na=mid:{}\r\na=ice-ufrag:{}\r\na=ice-pwd:{:022}\r\na=fingerprint:{}\r\n"
      "a=setup:actpass\r\n",
      line.mid, ufrag_, ufrag_.size(), fingerprint_for(options_).text());
}

std::string TestPeer::media_line(const Line& line) const {
  if (line.data) {
    return fmt::format("m=application {} UDP/DTLS/SCTP webrtc-datachannel\r\n", line.rejected ? 0 : 9) +
           transport_lines(line) + "a=sctp-port:5000\r\na=max-message-size:262144\r\n";
  }
  const bool rtx = line.video && options_.rtx;
  const bool simulcast = line.video && !options_.rids.empty();
  const int type = line.video ? kVideoType : kAudioType;
  const bool red = !line.video && options_.red != 0;
  std::string text =
      fmt::format("m={} {} UDP/TLS/RTP/SAVPF {}{}{}\r\na=rtpmap:{} {}\r\n", line.video ? "video" : "audio",
                  line.rejected ? 0 : 9, red ? fmt::format("{} ", options_.red) : "", type, rtx ? " 97" : "",
                  type, line.video ? options_.video : options_.audio);
  if (red) text += fmt::format("a=rtpmap:{0} red/48000/2\r\na=fmtp:{0} 111/111\r\n", options_.red);
  if (line.video && !options_.video_parameters.empty())
    text += fmt::format("a=fmtp:{} {}\r\n", type, options_.video_parameters);
  text += transport_lines(line);
  text += fmt::format(
      "a={}\r\na=rtcp-mux\r\na=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
      "a=extmap:3 urn:3gpp:video-orientation\r\n",
      line.direction);
  if (!line.video && options_.level_id != 0)
    text += fmt::format("a=extmap:{} {}\r\n", options_.level_id, uri_of(ExtensionKind::kAudioLevel));
  if (rtx) text += "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n";
  if (options_.transport_cc) {
    text += fmt::format("a=extmap:{} {}\r\na=rtcp-fb:{} transport-cc\r\n", kTransportSequenceId,
                        uri_of(ExtensionKind::kTransportSequence), type);
  }
  if (line.video && options_.remb) text += "a=rtcp-fb:96 goog-remb\r\n";
  if (line.video) text += "a=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n";
  if (line.direction.starts_with("send") && line.ssrc != 0 && !simulcast)
    text += fmt::format("a=ssrc:{} cname:test\r\n", line.ssrc);
  if (!simulcast) return text;
  return text + "a=extmap:2 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n" + rid_lines();
}

std::string TestPeer::offer() const {
  std::string mids, media;
  for (const auto& line : lines_) {
    if (!line.rejected) mids += ' ' + line.mid;
    media += media_line(line);
  }
  return fmt::format("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE{}\r\n{}", mids,
                     media);
}

Result<Answer> TestPeer::join(Peer& peer) {
  std::promise<Result<Answer>> promise;
  peer.answer(offer(), [&](Result<Answer> answer) { promise.set_value(std::move(answer)); });
  auto answer = promise.get_future().get();
  if (!answer.ok()) return answer;
  if (const auto status = use(*answer); !status.ok()) return status;
  return answer;
}

Result<std::string> TestPeer::offer_of(Peer& peer, const std::vector<WantedLine>& wanted, bool restart_ice) {
  std::promise<Result<std::string>> promise;
  peer.offer({wanted, restart_ice}, [&](Result<std::string> offer) { promise.set_value(std::move(offer)); });
  return promise.get_future().get();
}

Result<Answer> TestPeer::accept(Peer& peer, const std::string& answer) {
  std::promise<Result<Answer>> promise;
  peer.accept(answer, [&](Result<Answer> result) { promise.set_value(std::move(result)); });
  return promise.get_future().get();
}

// By the answerer that is tested elsewhere; a browser is no lite agent.
Result<std::string> TestPeer::answer_to(const std::string& offer) {
  if (const auto status = use_description(offer); !status.ok()) return status;
  auto theirs = answer_;
  theirs.ice_lite = false;
  LocalSide local;
  local.ufrag = ufrag_;
  local.password = fmt::format("{:022}", ufrag_.size());
  local.fingerprint = fingerprint_for(options_);
  local.setup = DtlsSetup::kActive;
  local.data = options_.data;
  std::vector<LineWish> wishes(theirs.media.size(), LineWish{.accept = false});
  for (size_t i = 0; i < std::min(lines_.size(), wishes.size()); ++i) {
    const auto& line = lines_[i];
    wishes[i] = {.accept = !line.rejected, .receive = line.direction != "sendonly"};
    if (line.direction != "recvonly" && !line.data)
      wishes[i].send = SentTrack{"test", line.mid, "test", line.ssrc, 0};
  }
  const auto answer = answer_offer(theirs, local, wishes);
  if (!answer.ok()) return answer.status();
  for (const auto& line : answer->lines) {
    if (line.accepted && line.kind != MediaKind::kApplication)
      (line.kind == MediaKind::kVideo ? video_type_ : audio_type_) = line.payload_type;
  }
  auto text = answer->sdp;
  if (!options_.rids.empty()) say_rids(text);
  const std::string lite = "a=ice-lite\r\n";
  return text.erase(text.find(lite), lite.size());
}

// As agreed on before: the encodings of line 1, which our answerer knows nothing of.
void TestPeer::say_rids(std::string& text) const {
  const std::string mid = fmt::format("a=mid:{}\r\n", lines_.at(1).mid);
  const auto at = text.find(mid);
  if (at == std::string::npos) return;
  text.insert(at + mid.size(), rid_lines());
}

std::string TestPeer::rid_lines() const {
  std::string text;
  for (const auto& rid : options_.rids) text += fmt::format("a=rid:{} send\r\n", rid);
  return text + fmt::format("a=simulcast:send {}\r\n", fmt::join(options_.rids, ";"));
}

Result<Answer> TestPeer::join_by_offer_of(Peer& peer, const std::vector<WantedLine>& wanted) {
  const auto offer = offer_of(peer, wanted);
  if (!offer.ok()) return offer.status();
  const auto answer = answer_to(*offer);
  return answer.ok() ? accept(peer, *answer) : Result<Answer>(answer.status());
}

Status TestPeer::use(const Answer& answer) { return use_description(answer.sdp); }

Status TestPeer::use_description(const std::string& sdp) {
  auto parsed = parse_sdp(sdp);
  if (!parsed.ok()) return parsed.status();
  answer_ = std::move(*parsed);
  if (dtls_) return ok();
  const auto& first = answer_.media.at(0);
  if (!first.transport.fingerprint) return ok();  // all is rejected: there is nobody to connect to
  server_ = address_in(first.candidates, options_.tcp, options_.candidate);
  if (options_.tcp) socket_ = connected_to(server_);
  if (!options_.tcp && server_.is_v6()) socket_ = any_udp(true);
  auto dtls = DtlsTransport::create(
      context_for(options_.profile),
      {DtlsRole::kClient, *first.transport.fingerprint, [this](Bytes bytes) { send_raw(bytes); },
       [this](Bytes bytes) {
         if (data_) data_->on_packet(bytes);
       }},
      Clock::now());
  if (!dtls.ok()) return dtls.status();
  dtls_ = std::move(*dtls);
  if (options_.data) data_ = std::make_unique<TestData>();
  return ok();
}

void TestPeer::send_check(const IceCredentials& to, bool nominate) {
  Check check;
  check.to = to;
  check.from_ufrag = ufrag_;
  check.nominate = nominate;
  send_raw(make_check(check));
}

void TestPeer::speak_to(size_t candidate) {
  server_ = address_in(answer_.media.at(0).candidates, false, candidate);
}

void TestPeer::move() { socket_ = options_.tcp ? connected_to(server_) : any_udp(server_.is_v6()); }

bool TestPeer::connect(std::chrono::milliseconds limit) {
  send_check();
  dtls_->start(Clock::now());
  return receive_until([&] { return dtls_->state() != DtlsState::kHandshaking; }, limit) && connected();
}

void TestPeer::send_raw(Bytes packet) {
  if (!options_.tcp) {
    ::sendto(socket_.get(), packet.data(), packet.size(), 0, server_.data(), server_.size());
    return;
  }
  Packet framed(2 + packet.size());
  store_u16(framed.data(), static_cast<uint16_t>(packet.size()));
  std::ranges::copy(packet, framed.begin() + 2);
  ::send(socket_.get(), framed.data(), framed.size(), MSG_NOSIGNAL);
}

bool TestPeer::receive_until(const std::function<bool()>& done, std::chrono::milliseconds limit) {
  const auto end = Clock::now() + limit;
  while (!done()) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    if (left <= 0) return false;
    send_data();
    pollfd wait{socket_.get(), POLLIN, 0};
    poll(&wait, 1, static_cast<int>(std::min<int64_t>(left, data_ ? 1 : 20)));
    read();
    if (dtls_ && Clock::now() >= dtls_->deadline()) dtls_->on_timer(Clock::now());
  }
  return true;
}

void TestPeer::read() {
  if (!options_.tcp) {
    for (const auto& datagram : buffers_.receive(socket_.get())) {
      if (datagram.path.remote == server_) on_datagram(datagram.bytes);  // others are strangers
    }
    return;
  }
  const auto space = frames_.space();
  const auto size = ::recv(socket_.get(), space.data(), space.size(), MSG_DONTWAIT);
  if (size <= 0) return;
  frames_.filled(static_cast<size_t>(size));
  for (auto packet = frames_.next(); !packet.empty(); packet = frames_.next()) on_datagram(packet);
  frames_.compact();
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
  start_data();
}

void TestPeer::start_data() {
  const auto line = std::ranges::find(answer_.media, MediaKind::kApplication, &MediaDescription::kind);
  if (data_ && line != answer_.media.end()) data_->start(line->sctp_port);
}

void TestPeer::end_data() {
  for (const auto& packet : TestData::end(std::move(data_))) dtls_->send(packet);
}

void TestPeer::send_data() {
  if (!data_) return;
  for (const auto& packet : data_->take_packets()) dtls_->send(packet);
}

void TestPeer::lose_keys() {
  SrtpMasterKey wrong;
  wrong.key.fill(0x77);
  key_ = engine_->make_key(options_.profile, derive_srtp_keys(options_.profile, wrong).rtp);
}

void TestPeer::find_keys() {
  key_ = engine_->make_key(options_.profile, derive_srtp_keys(options_.profile, dtls_->keys()->send).rtp);
}

}  // namespace kms::rtc::test
