// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/peer/test_peer.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <future>
#include <sstream>

#include "kms-core/rtc/ice/test_checks.hpp"
#include "kms-core/rtc/rtcp/rtcp_reader.hpp"
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

// An element of the one-byte form (RFC 8285 section 4.2).
void add_extension(Packet& to, uint8_t id, const std::string& value) {
  to.push_back(static_cast<uint8_t>(id << 4 | (value.size() - 1)));
  for (const char letter : value) to.push_back(static_cast<uint8_t>(letter));
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
  std::string text = fmt::format("m={} {} UDP/TLS/RTP/SAVPF {}{}\r\na=rtpmap:{} {}\r\n",
                                 line.video ? "video" : "audio", line.rejected ? 0 : 9, type,
                                 rtx ? " 97" : "", type, line.video ? options_.video : options_.audio);
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
  for (const auto& rid : options_.rids) text += fmt::format("a=rid:{} send\r\n", rid);
  return text +
         fmt::format("a=extmap:2 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\na=simulcast:send {}\r\n",
                     fmt::join(options_.rids, ";"));
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
  const std::string lite = "a=ice-lite\r\n";
  return text.erase(text.find(lite), lite.size());
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

Packet TestPeer::header_of(const Frame& frame) const {
  Packet header(12);
  const bool extended = !frame.rid.empty() || frame.orientation || frame.level;
  header[0] = extended ? 0x90 : 0x80;
  const auto type = frame.type.value_or(frame.video ? video_type_ : audio_type_);
  header[1] = static_cast<uint8_t>((frame.marker ? 0x80 : 0) | type);
  store_u16(&header[2], frame.sequence);
  store_u32(&header[4], frame.timestamp);
  store_u32(&header[8], frame.ssrc != 0 ? frame.ssrc : frame.video ? kVideoSsrc : kAudioSsrc);
  if (!extended) return header;
  header.resize(16);
  if (!frame.rid.empty()) {
    add_extension(header, 1, "1");
    add_extension(header, 2, frame.rid);
  }
  if (frame.orientation) add_extension(header, 3, {static_cast<char>(*frame.orientation)});
  if (frame.level) add_extension(header, level_id(), {static_cast<char>(*frame.level)});
  header.resize((header.size() + 3) / 4 * 4);
  store_u16(&header[12], 0xbede);
  store_u16(&header[14], static_cast<uint16_t>(header.size() / 4 - 4));
  return header;
}

uint8_t TestPeer::level_id() const {
  for (const auto& media : answer_.media) {
    for (const auto& extension : media.extensions) {
      if (extension.uri == uri_of(ExtensionKind::kAudioLevel)) return static_cast<uint8_t>(extension.id);
    }
  }
  return 0;
}

Packet TestPeer::payload_of(const Frame& frame) {
  if (!frame.payload.empty()) return frame.payload;
  Packet payload(frame.size, 0x55);
  payload[0] = 0x10;                            // VP8: start of partition 0
  payload[1] = frame.key_frame ? 0x00 : 0x01;   // inverse key frame flag
  std::copy_n("\x9d\x01\x2a", 3, &payload[4]);  // a key frame's start code
  return payload;
}

void TestPeer::send(const Frame& frame) {
  auto packet = header_of(frame);
  const auto header = static_cast<uint16_t>(packet.size());
  const auto payload = payload_of(frame);
  const size_t sealed = header + payload.size() + tag_size(options_.profile);
  packet.resize(header + payload.size() + kMaxSrtpTag + SrtpEngine::kSealSlack);
  const SrtpSealJob job{key_.get(),
                        payload.data(),
                        packet.data(),
                        load_u32(&packet[8]),
                        header,
                        static_cast<uint16_t>(payload.size()),
                        frame.wraps << 16 | frame.sequence};
  engine_->seal({&job, 1});
  send_raw(Bytes(packet).first(sealed));
}

void TestPeer::send_rtcp(Packet compound) {
  const size_t size = compound.size();
  compound.resize(size + SrtcpSealer::kOverhead);
  send_raw(Bytes(compound).first(sealer_->seal(compound, size)));
}

void TestPeer::send_transport_feedback() {
  while (arrivals_.has_news()) {
    Packet feedback(1200);
    feedback.resize(arrivals_.write({1, kVideoSsrc}, feedback));
    send_rtcp(std::move(feedback));
  }
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
  const auto number = view->extension(kTransportSequenceId);
  if (number && number->size() == 2) arrivals_.on_packet(load_u16(number->data()), Clock::now());
  clear.resize(view->header_size() + rtp.payload_size);
  rtp_.push_back(std::move(clear));
}

size_t TestPeer::count(bool video) const {
  const auto type = video ? video_type_ : audio_type_;
  return static_cast<size_t>(
      std::ranges::count_if(rtp_, [&](const Packet& p) { return (p[1] & 0x7f) == type; }));
}

bool TestPeer::asked_for_key_frame(uint32_t ssrc) const {
  return std::ranges::any_of(rtcp_, [ssrc](const Packet& compound) {
    RtcpReader reader(compound);
    while (const auto packet = reader.next()) {
      if (is_pli(*packet) && (ssrc == 0 || read_feedback_head(*packet)->media_ssrc == ssrc)) return true;
    }
    return false;
  });
}

void TestPeer::clear() {
  rtp_.clear();
  rtcp_.clear();
}

}  // namespace kms::rtc::test
