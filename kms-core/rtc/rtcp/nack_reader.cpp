// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtcp/nack_reader.hpp"

#include <bit>

namespace kms::rtc {

NackReader::NackReader(const RtcpPacket& packet) {
  const bool is_nack = packet.type == rtcp::kTransportFeedback && packet.count == rtcp::kNack;
  if (is_nack && packet.body.size() >= 8) rest_ = packet.body.subspan(8);
}

std::optional<uint16_t> NackReader::next() {
  if (following_ != 0) {
    const int bit = std::countr_zero(following_);
    following_ = static_cast<uint16_t>(following_ & (following_ - 1));
    return static_cast<uint16_t>(packet_id_ + bit + 1);
  }
  if (rest_.size() < 4) return std::nullopt;
  packet_id_ = load_u16(&rest_[0]);
  following_ = load_u16(&rest_[2]);
  rest_ = rest_.subspan(4);
  return packet_id_;
}

}  // namespace kms::rtc
