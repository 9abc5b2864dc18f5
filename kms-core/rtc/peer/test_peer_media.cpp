// SPDX-License-Identifier: Apache-2.0
// The part of TestPeer that seals and opens media.
#include <algorithm>

#include "kms-core/rtc/peer/test_peer.hpp"
#include "kms-core/rtc/rtcp/rtcp_reader.hpp"
#include "kms-core/rtc/rtp/packet_kind.hpp"

namespace kms::rtc::test {
namespace {

// An element of the one-byte form (RFC 8285 section 4.2).
void add_extension(Packet& to, uint8_t id, const std::string& value) {
  to.push_back(static_cast<uint8_t>(id << 4 | (value.size() - 1)));
  for (const char letter : value) to.push_back(static_cast<uint8_t>(letter));
}

}  // namespace

Packet TestPeer::header_of(const Frame& frame) const {
  Packet header(12);
  const bool extended = !frame.rid.empty() || frame.orientation || frame.level;
  header[0] = static_cast<uint8_t>(0x80 | (extended ? 0x10 : 0) | (frame.padding > 0 ? 0x20 : 0));
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
  if (frame.padding > 0) return Packet(frame.padding, frame.padding);
  if (!frame.payload.empty()) return frame.payload;
  Packet payload(frame.size, 0x55);
  payload[0] = 0x10;                            // VP8: start of partition 0
  payload[1] = frame.key_frame ? 0x00 : 0x01;   // inverse key frame flag
  std::copy_n("\x9d\x01\x2a", 3, &payload[4]);  // a key frame's start code
  return payload;
}

void TestPeer::send(const Frame& frame) {
  if (!key_) return;  // its test has been told that it did not connect
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
  if (!sealer_) return;
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
