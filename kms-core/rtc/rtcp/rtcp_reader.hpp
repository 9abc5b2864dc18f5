// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "kms-core/rtc/rtcp/rtcp_types.hpp"
#include "kms-core/rtc/wire/byte_reader.hpp"

namespace kms::rtc {

// Walks the packets of a compound or reduced-size RTCP datagram (RFC 3550 section 6.1, RFC 5506). Never
// allocates. A malformed packet ends the walk and makes ok() false; what came before it was good.
class RtcpReader {
 public:
  explicit RtcpReader(Bytes datagram) : rest_(datagram) {}

  std::optional<RtcpPacket> next();
  bool ok() const { return ok_; }

 private:
  Bytes rest_;
  bool ok_ = true;
};

// Each gives nothing if the packet is of another type or too short for what it announces.
std::optional<SenderInfo> read_sender_info(const RtcpPacket& packet);
// Blocks of a sender or receiver report: index below packet.count.
std::optional<ReportBlock> read_report_block(const RtcpPacket& packet, size_t index);
std::optional<FeedbackHead> read_feedback_head(const RtcpPacket& packet);
bool is_pli(const RtcpPacket& packet);
// FIR entries, from index 0 until nothing comes.
std::optional<FirEntry> read_fir(const RtcpPacket& packet, size_t index);
std::optional<Remb> read_remb(const RtcpPacket& packet);
// Sources that say goodbye: index below packet.count.
std::optional<uint32_t> read_bye(const RtcpPacket& packet, size_t index);
// The CNAME of the chunk at `index`; nothing if there is no such chunk or it has none.
std::optional<SourceName> read_cname(const RtcpPacket& packet, size_t index);

}  // namespace kms::rtc
