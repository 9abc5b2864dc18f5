// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/peer/test_phone.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <future>

#include "kms-core/rtc/plain/local_ports.hpp"
#include "kms-core/rtc/rtp/packet_kind.hpp"
#include "kms-core/rtc/sdp/sdp_parser.hpp"

namespace kms::rtc::test {

TestPhone::TestPhone(Options options) : options_(std::move(options)) {
  auto ports = open_ports(*SocketAddress::parse(options_.host, 0), PortRange{}, false);
  rtp_ = std::move(ports->rtp);
  rtcp_ = std::move(ports->rtcp);
  engine_ = make_srtp_engine(SrtpEngineChoice::kOpenSsl);
  secure(options_.suite);
  opener_.emplace(SrtpProfile::kNone, SrtpMasterKey{});
}

void TestPhone::secure(std::optional<SrtpProfile> suite) {
  const auto profile = suite.value_or(SrtpProfile::kNone);
  ours_ = suite ? std::optional(make_sdes_key(*suite)) : std::nullopt;
  const auto keys = derive_srtp_keys(profile, ours_ ? ours_->master : SrtpMasterKey{});
  key_ = engine_->make_key(profile, keys.rtp);
  sealer_.emplace(profile, keys.rtcp);
}

std::string TestPhone::offer(const std::string& more) const {
  const std::string network =
      (options_.host.find(':') == std::string::npos ? "IN IP4 " : "IN IP6 ") + options_.host;
  std::string text = "v=0\r\no=- 1 1 " + network + "\r\ns=-\r\nc=" + network + "\r\nt=0 0\r\nm=";
  text += options_.video ? "video " : "audio ";
  text += std::to_string(port()) + ' ' + options_.protocol + ' ' + options_.formats + "\r\n" +
          options_.attributes;
  if (options_.mux) text += "a=rtcp-mux\r\n";
  if (ours_) {
    const auto entry = write_sdes(1, *ours_);
    text += "a=crypto:1 " + entry.suite + ' ' + entry.keys + "\r\n";
  }
  return text + more;
}

void TestPhone::use(const std::string& description) {
  const auto session = parse_sdp(description);
  if (!session.ok()) return;
  for (const auto& media : session->media) {
    if ((media.kind == MediaKind::kVideo) != options_.video || !media.is_active()) continue;
    server_ = *SocketAddress::parse(media.address, media.port);
    server_rtcp_ = media.rtcp_mux ? server_ : server_.with_port(static_cast<uint16_t>(media.port + 1));
    if (media.crypto.empty()) continue;
    const auto theirs = read_sdes(media.crypto.front(), 0);
    if (theirs.ok()) opener_.emplace(theirs->profile, theirs->master);
  }
}

Result<Answer> TestPhone::call(RtpPeer& peer, const std::string& more) {
  auto answer = answer_of(peer, offer(more));
  if (answer.ok()) use(answer->sdp);
  return answer;
}

TestPhone::Packet TestPhone::sealed(const Media& media) {
  const auto header = static_cast<uint16_t>(media.extension ? 20 : 12);
  Packet packet(header + media.payload.size() + kMaxSrtpTag + SrtpEngine::kSealSlack);
  packet[0] = media.extension ? 0x90 : 0x80;
  packet[1] = static_cast<uint8_t>((media.marker ? 0x80 : 0) | media.type);
  store_u16(&packet[2], media.sequence);
  store_u32(&packet[4], media.timestamp);
  store_u32(&packet[8], media.ssrc);
  if (media.extension) {
    const std::array<uint8_t, 8> extension{0xbe, 0xde, 0, 1, 0x30, *media.extension, 0, 0};
    std::ranges::copy(extension, packet.begin() + 12);
  }
  const SrtpSealJob job{key_.get(),
                        media.payload.data(),
                        packet.data(),
                        media.ssrc,
                        header,
                        static_cast<uint16_t>(media.payload.size()),
                        media.wraps << 16 | media.sequence};
  engine_->seal({&job, 1});
  packet.resize(header + media.payload.size() + tag_size(key_->profile()));
  return packet;
}

void TestPhone::send(const Media& media) { send_from(rtp_.get(), media); }

void TestPhone::send_from(int fd, const Media& media) {
  const auto packet = sealed(media);
  ::sendto(fd, packet.data(), packet.size(), 0, server_.data(), server_.size());
}

void TestPhone::send_rtcp(Packet compound) {
  const auto size = compound.size();
  compound.resize(size + SrtcpSealer::kOverhead);
  compound.resize(sealer_->seal(compound, size));
  const auto fd = server_rtcp_ == server_ ? rtp_.get() : rtcp_.get();
  ::sendto(fd, compound.data(), compound.size(), 0, server_rtcp_.data(), server_rtcp_.size());
}

void TestPhone::on_datagram(MutableBytes datagram) {
  if (packet_kind(datagram) == PacketKind::kRtcp) {
    size_t size = 0;
    if (opener_->open_rtcp(datagram, &size) != SrtpVerdict::kOk) ++failed_;
    if (size > 0) reports_.emplace_back(datagram.begin(), datagram.begin() + static_cast<ptrdiff_t>(size));
    return;
  }
  const auto view = RtpView::parse_protected(datagram);
  if (!view) return;
  Packet out(datagram.begin(), datagram.begin() + static_cast<ptrdiff_t>(view->header_size()));
  out.resize(datagram.size());
  SrtpOpener::Rtp rtp;
  const auto verdict =
      opener_->open_rtp(datagram, view->header_size(), out.data() + view->header_size(), &rtp);
  if (verdict != SrtpVerdict::kOk) {
    ++failed_;
    return;
  }
  out.resize(view->header_size() + rtp.payload_size);
  received_.push_back(std::move(out));
}

void TestPhone::read(int fd) {
  for (const auto& datagram : buffers_.receive(fd)) on_datagram(datagram.bytes);
}

bool TestPhone::receive_until(const std::function<bool()>& done, std::chrono::milliseconds limit) {
  const auto until = Clock::now() + limit;
  while (!done() && Clock::now() < until) {
    std::array waiting{pollfd{rtp_.get(), POLLIN, 0}, pollfd{rtcp_.get(), POLLIN, 0}};
    if (poll(waiting.data(), waiting.size(), 10) <= 0) continue;
    for (const auto& each : waiting) {
      if (each.revents != 0) read(each.fd);
    }
  }
  return done();
}

void TestPhone::clear() {
  received_.clear();
  reports_.clear();
}

Result<Answer> answer_of(RtpPeer& peer, const std::string& offer) {
  std::promise<Result<Answer>> promise;
  auto answer = promise.get_future();
  peer.answer(offer, [&](Result<Answer> result) { promise.set_value(std::move(result)); });
  return answer.get();
}

}  // namespace kms::rtc::test
