// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtcp/rtcp_reader.hpp"

#include <algorithm>
#include <limits>

namespace kms::rtc {
namespace {

constexpr size_t kSenderInfoSize = 24;
constexpr size_t kReportBlockSize = 24;
constexpr size_t kFeedbackHeadSize = 8;
constexpr size_t kFirEntrySize = 8;
constexpr uint32_t kRembWord = 0x52454d42;
constexpr uint8_t kCname = 1;

bool is_feedback(const RtcpPacket& packet, uint8_t type, uint8_t format) {
  return packet.type == type && packet.count == format && packet.body.size() >= kFeedbackHeadSize;
}

int32_t signed_24(uint32_t value) { return static_cast<int32_t>(value << 8) >> 8; }

// Skips the items of an SDES chunk up to its end and gives the CNAME among them (RFC 3550 section 6.5).
std::string_view read_chunk_items(ByteReader& reader, size_t total) {
  std::string_view cname;
  while (reader.ok()) {
    const uint8_t type = reader.u8();
    if (type == 0) break;
    const auto text = reader.bytes(reader.u8());
    if (type == kCname) cname = {reinterpret_cast<const char*>(text.data()), text.size()};
  }
  reader.skip((4 - (total - reader.left()) % 4) % 4);
  return reader.ok() ? cname : std::string_view{};
}

}  // namespace

std::optional<RtcpPacket> RtcpReader::next() {
  if (!ok_ || rest_.empty()) return std::nullopt;
  ok_ = false;
  if (rest_.size() < 4 || rest_[0] >> 6 != 2) return std::nullopt;
  const size_t size = 4 * (size_t{load_u16(&rest_[2])} + 1);
  if (size > rest_.size()) return std::nullopt;
  size_t padding = 0;
  if ((rest_[0] & 0x20) != 0) {
    padding = rest_[size - 1];
    if (size != rest_.size() || padding == 0 || padding > size - 4)
      return std::nullopt;  // only the last may pad
  }
  const RtcpPacket packet{rest_[1], static_cast<uint8_t>(rest_[0] & 0x1f),
                          rest_.subspan(4, size - 4 - padding)};
  rest_ = rest_.subspan(size);
  ok_ = true;
  return packet;
}

std::optional<SenderInfo> read_sender_info(const RtcpPacket& packet) {
  if (packet.type != rtcp::kSenderReport || packet.body.size() < kSenderInfoSize) return std::nullopt;
  ByteReader reader(packet.body);
  SenderInfo info;
  info.ssrc = reader.u32();
  info.ntp = reader.u64();
  info.rtp_timestamp = reader.u32();
  info.packets = reader.u32();
  info.octets = reader.u32();
  return info;
}

std::optional<ReportBlock> read_report_block(const RtcpPacket& packet, size_t index) {
  const bool is_sender = packet.type == rtcp::kSenderReport;
  if ((!is_sender && packet.type != rtcp::kReceiverReport) || index >= packet.count) return std::nullopt;
  ByteReader reader(packet.body);
  reader.skip((is_sender ? kSenderInfoSize : 4) + index * kReportBlockSize);
  ReportBlock block;
  block.ssrc = reader.u32();
  block.fraction_lost = reader.u8();
  block.cumulative_lost = signed_24(reader.u24());
  block.highest_sequence = reader.u32();
  block.jitter = reader.u32();
  block.last_sr = reader.u32();
  block.delay_since_last_sr = reader.u32();
  if (!reader.ok()) return std::nullopt;
  return block;
}

std::optional<FeedbackHead> read_feedback_head(const RtcpPacket& packet) {
  const bool feedback = packet.type == rtcp::kTransportFeedback || packet.type == rtcp::kPayloadFeedback;
  if (!feedback || packet.body.size() < kFeedbackHeadSize) return std::nullopt;
  return FeedbackHead{load_u32(&packet.body[0]), load_u32(&packet.body[4])};
}

bool is_pli(const RtcpPacket& packet) { return is_feedback(packet, rtcp::kPayloadFeedback, rtcp::kPli); }

std::optional<FirEntry> read_fir(const RtcpPacket& packet, size_t index) {
  if (!is_feedback(packet, rtcp::kPayloadFeedback, rtcp::kFir)) return std::nullopt;
  const size_t entries = (packet.body.size() - kFeedbackHeadSize) / kFirEntrySize;
  if (index >= entries) return std::nullopt;
  const auto* at = &packet.body[kFeedbackHeadSize + index * kFirEntrySize];
  return FirEntry{load_u32(at), at[4]};
}

std::optional<Remb> read_remb(const RtcpPacket& packet) {
  if (!is_feedback(packet, rtcp::kPayloadFeedback, rtcp::kRemb)) return std::nullopt;
  ByteReader reader(packet.body.subspan(kFeedbackHeadSize));
  if (reader.u32() != kRembWord) return std::nullopt;
  const size_t count = reader.u8();
  const uint32_t scaled = reader.u24();
  if (!reader.ok() || reader.left() < 4 * count) return std::nullopt;
  Remb remb;
  const uint32_t exponent = scaled >> 18;
  const uint64_t mantissa = scaled & 0x3ffff;
  const bool overflows = exponent > 46;  // 18 bits of mantissa leave 46
  remb.bitrate_bps = overflows && mantissa != 0 ? std::numeric_limits<uint64_t>::max()
                                                : mantissa << (overflows ? 0 : exponent);
  remb.ssrc_count = std::min(count, remb.ssrcs.size());
  for (size_t i = 0; i < remb.ssrc_count; ++i) remb.ssrcs[i] = reader.u32();
  return remb;
}

std::optional<uint32_t> read_bye(const RtcpPacket& packet, size_t index) {
  if (packet.type != rtcp::kBye || index >= packet.count || packet.body.size() < 4 * (index + 1)) {
    return std::nullopt;
  }
  return load_u32(&packet.body[4 * index]);
}

std::optional<SourceName> read_cname(const RtcpPacket& packet, size_t index) {
  if (packet.type != rtcp::kSourceDescription || index >= packet.count) return std::nullopt;
  ByteReader reader(packet.body);
  SourceName name;
  for (size_t i = 0; i <= index; ++i) {
    name.ssrc = reader.u32();
    name.cname = read_chunk_items(reader, packet.body.size());
  }
  if (!reader.ok() || name.cname.empty()) return std::nullopt;
  return name;
}

}  // namespace kms::rtc
