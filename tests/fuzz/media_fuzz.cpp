// SPDX-License-Identifier: Apache-2.0
// Input: the profile, then packets behind a head of 16 bits: length, and whether it is RTCP, and whether it
// comes as it is, which is what a stranger can send. The others are sealed first: what a peer can send.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <vector>

#include "kms-core/rtc/peer/peer_receiver.hpp"
#include "kms-core/rtc/srtp/srtcp_sealer.hpp"
#include "kms-core/rtc/srtp/srtp_engine.hpp"
#include "kms-core/rtc/wire/byte_reader.hpp"

namespace {

using namespace kms::rtc;

constexpr uint16_t kRtcp = 0x8000;
constexpr uint16_t kAsItIs = 0x4000;
constexpr size_t kMost = 0x7ff;

void require(bool truth) {
  if (!truth) std::abort();
}

class Checker final : public PacketSink {
 public:
  void on_packets(std::span<const PacketRef> packets) override {
    for (const auto& packet : packets) {
      require(packet->payload_size <= Packet::kMaxPayload);
      require(packet->extension_count <= Packet::kMaxExtensions);
      for (size_t i = 0; i < packet->extension_count; ++i)
        require(packet->extensions[i].size >= 1 && packet->extensions[i].size <= 16);
    }
  }
};

ReceiveLine line(const char* mid, const char* rid, Codec codec) {
  ReceiveLine made;
  made.mid = mid;
  made.rid = rid;
  made.codec = codec;
  made.payload_type = is_audio(codec) ? 0 : 96;
  made.rtx_payload_type = is_audio(codec) ? 0 : 97;
  made.nack = !is_audio(codec);
  for (uint8_t i = 0; i < kExtensionKinds; ++i) made.extensions.set(static_cast<ExtensionKind>(i), i + 1);
  return made;
}

// A peer with sound, a picture and a simulcast of two, and its sender.
class Session {
 public:
  explicit Session(SrtpProfile profile) : profile_(profile) {
    for (const auto& each : {line("0", "", Codec::kPcmu), line("1", "", Codec::kVp8),
                             line("2", "h", Codec::kH264), line("2", "l", Codec::kH264)}) {
      receiver_.set_line(each, receiver_.entries().size()).stream.attach(checker_, 1);
    }
  }

  void take(Bytes clear, uint16_t flags) {
    now_ += std::chrono::milliseconds(1);
    if (flags & kRtcp) return flags & kAsItIs ? strange_rtcp(clear) : rtcp(clear);
    if (flags & kAsItIs) return rtp(clear, false);
    const auto view = RtpView::parse_protected(clear);
    if (view) rtp(sealed(clear, *view), true);
  }

 private:
  std::vector<uint8_t> sealed(Bytes clear, const RtpView& view) {
    const auto known = highest_.find(view.ssrc());
    const uint64_t index =
        known == highest_.end() ? view.sequence() : estimate_srtp_index(known->second, view.sequence());
    const auto header = view.header_size();
    std::vector<uint8_t> out(clear.begin(), clear.begin() + static_cast<std::ptrdiff_t>(header));
    out.resize(clear.size() + kMaxSrtpTag + SrtpEngine::kSealSlack);
    const SrtpSealJob job{
        key_.get(),  clear.data() + header,         out.data(),
        view.ssrc(), static_cast<uint16_t>(header), static_cast<uint16_t>(clear.size() - header),
        index};
    engine_->seal({&job, 1});
    out.resize(clear.size() + tag_size(profile_));
    sent_ = index;
    return out;
  }

  void rtp(Bytes packet, bool authentic) {
    PeerReceiver::Entry* entry = nullptr;
    const auto fate = receiver_.on_rtp(opener_, packet, now_, &entry);
    require(authentic || (fate != RtpFate::kTaken && !entry));
    require(!authentic || fate != RtpFate::kForged || highest_.size() >= SrtpOpener::kMaxStreams);
    require((fate == RtpFate::kTaken) <= (entry != nullptr));
    if (!entry) return;
    auto& highest = highest_[load_u32(&packet[8])];
    highest = std::max(highest, sent_);
    entry->stream.deliver(now_);
    std::array<uint16_t, 64> missing;
    entry->stream.collect_nacks(now_, missing);
    const auto level = entry->stream.counters()->level().amplitude(now_);
    require(level >= 0 && level <= 1);
  }

  void rtcp(Bytes clear) {
    if (clear.size() < 8) return;
    std::vector<uint8_t> packet(clear.begin(), clear.end());
    packet.resize(clear.size() + SrtcpSealer::kOverhead);
    packet.resize(sealer_.seal(packet, clear.size()));
    size_t size = 0;
    const auto verdict = opener_.open_rtcp(packet, &size);
    require(verdict == SrtpVerdict::kOk || verdict == SrtpVerdict::kTooManyStreams);
    require(size == clear.size() && std::ranges::equal(Bytes(packet).first(size), clear));
  }

  void strange_rtcp(Bytes bytes) {
    std::vector<uint8_t> packet(bytes.begin(), bytes.end());
    size_t size = 0;
    require(opener_.open_rtcp(packet, &size) != SrtpVerdict::kOk);
  }

  SrtpProfile profile_;
  SrtpMasterKey master_{};
  SrtpKeys keys_ = derive_srtp_keys(profile_, master_);
  std::unique_ptr<SrtpEngine> engine_ = make_srtp_engine(SrtpEngineChoice::kOpenSsl);
  std::unique_ptr<SrtpSealKey> key_ = engine_->make_key(profile_, keys_.rtp);
  SrtcpSealer sealer_{profile_, keys_.rtcp};
  SrtpOpener opener_{profile_, master_};
  PacketPool pool_{512};
  Checker checker_;
  PeerReceiver receiver_{pool_, {}};
  std::map<uint32_t, uint64_t> highest_;
  uint64_t sent_ = 0;
  TimePoint now_ = TimePoint{} + std::chrono::seconds(1000);
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ByteReader reader({data, size});
  const bool gcm = (reader.u8() & 1) != 0;
  Session session(gcm ? SrtpProfile::kAeadAes128Gcm : SrtpProfile::kAesCm128HmacSha1_80);
  while (reader.left() > 2) {
    const auto head = reader.u16();
    const auto packet = reader.bytes(std::min<size_t>(head & kMost, reader.left()));
    session.take(packet, head);
  }
  return 0;
}
