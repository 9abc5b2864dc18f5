// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtcp/rtcp_writer.hpp"

#include <algorithm>
#include <bit>

namespace kms::rtc {
namespace {

constexpr size_t kMaxBlocks = 31;
constexpr uint32_t kRembName = 0x52454d42;
constexpr uint8_t kCnameItem = 1;

std::span<const ReportBlock> limited(std::span<const ReportBlock> blocks) {
  return blocks.first(std::min(blocks.size(), kMaxBlocks));
}

void write_block(ByteWriter& to, const ReportBlock& block) {
  const auto lost = std::clamp(block.cumulative_lost, -0x800000, 0x7fffff);
  to.u32(block.ssrc);
  to.u8(block.fraction_lost);
  to.u24(static_cast<uint32_t>(lost) & 0xffffff);
  to.u32(block.highest_sequence);
  to.u32(block.jitter);
  to.u32(block.last_sr);
  to.u32(block.delay_since_last_sr);
}

// 6 bits of exponent, 18 of mantissa.
uint32_t scaled_bitrate(uint64_t bps) {
  const auto width = static_cast<int>(std::bit_width(bps));
  const int exponent = std::max(0, width - 18);
  return static_cast<uint32_t>(exponent) << 18 | static_cast<uint32_t>(bps >> exponent);
}

// How many of `sequences` one NACK entry takes, and its bit mask.
struct NackEntry {
  size_t taken = 1;
  uint16_t following = 0;
};

NackEntry make_entry(std::span<const uint16_t> sequences) {
  NackEntry entry;
  uint16_t last = 0;
  while (entry.taken < sequences.size()) {
    const auto distance = static_cast<uint16_t>(sequences[entry.taken] - sequences[0]);
    if (distance <= last || distance > 16) break;
    last = distance;
    entry.following = static_cast<uint16_t>(entry.following | 1u << (distance - 1));
    ++entry.taken;
  }
  return entry;
}

}  // namespace

ByteWriter RtcpWriter::begin(uint8_t count, uint8_t type) const {
  ByteWriter writer(out_.subspan(size_));
  writer.u8(static_cast<uint8_t>(0x80 | count));
  writer.u8(type);
  writer.u16(0);
  return writer;
}

bool RtcpWriter::commit(const ByteWriter& packet) {
  if (!packet.ok()) return false;
  store_u16(&out_[size_ + 2], static_cast<uint16_t>(packet.size() / 4 - 1));
  size_ += packet.size();
  return true;
}

bool RtcpWriter::sender_report(const SenderInfo& info, std::span<const ReportBlock> blocks) {
  const auto used = limited(blocks);
  auto writer = begin(static_cast<uint8_t>(used.size()), rtcp::kSenderReport);
  writer.u32(info.ssrc);
  writer.u64(info.ntp);
  writer.u32(info.rtp_timestamp);
  writer.u32(info.packets);
  writer.u32(info.octets);
  for (const auto& block : used) write_block(writer, block);
  return commit(writer);
}

bool RtcpWriter::receiver_report(uint32_t ssrc, std::span<const ReportBlock> blocks) {
  const auto used = limited(blocks);
  auto writer = begin(static_cast<uint8_t>(used.size()), rtcp::kReceiverReport);
  writer.u32(ssrc);
  for (const auto& block : used) write_block(writer, block);
  return commit(writer);
}

bool RtcpWriter::cname(const SourceName& name) {
  const auto text = name.cname.substr(0, 255);
  auto writer = begin(1, rtcp::kSourceDescription);
  writer.u32(name.ssrc);
  writer.u8(kCnameItem);
  writer.u8(static_cast<uint8_t>(text.size()));
  writer.bytes({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  writer.zeros(4 - writer.size() % 4);  // one zero at least ends the items
  return commit(writer);
}

bool RtcpWriter::bye(uint32_t ssrc) {
  auto writer = begin(1, rtcp::kBye);
  writer.u32(ssrc);
  return commit(writer);
}

bool RtcpWriter::nack(const FeedbackHead& head, std::span<const uint16_t> sequences) {
  if (sequences.empty()) return false;
  auto writer = begin(rtcp::kNack, rtcp::kTransportFeedback);
  writer.u32(head.sender_ssrc);
  writer.u32(head.media_ssrc);
  while (!sequences.empty()) {
    const auto entry = make_entry(sequences);
    writer.u16(sequences[0]);
    writer.u16(entry.following);
    sequences = sequences.subspan(entry.taken);
  }
  return commit(writer);
}

bool RtcpWriter::pli(const FeedbackHead& head) {
  auto writer = begin(rtcp::kPli, rtcp::kPayloadFeedback);
  writer.u32(head.sender_ssrc);
  writer.u32(head.media_ssrc);
  return commit(writer);
}

bool RtcpWriter::fir(uint32_t sender_ssrc, const FirEntry& entry) {
  auto writer = begin(rtcp::kFir, rtcp::kPayloadFeedback);
  writer.u32(sender_ssrc);
  writer.u32(0);
  writer.u32(entry.ssrc);
  writer.u8(entry.sequence);
  writer.zeros(3);
  return commit(writer);
}

bool RtcpWriter::remb(uint32_t sender_ssrc, const Remb& remb) {
  const size_t count = std::min(remb.ssrc_count, remb.ssrcs.size());
  auto writer = begin(rtcp::kRemb, rtcp::kPayloadFeedback);
  writer.u32(sender_ssrc);
  writer.u32(0);
  writer.u32(kRembName);
  writer.u8(static_cast<uint8_t>(count));
  writer.u24(scaled_bitrate(remb.bitrate_bps));
  for (size_t i = 0; i < count; ++i) writer.u32(remb.ssrcs[i]);
  return commit(writer);
}

}  // namespace kms::rtc
