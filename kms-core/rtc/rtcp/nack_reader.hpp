// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "kms-core/rtc/rtcp/rtcp_types.hpp"

namespace kms::rtc {

// Walks the sequence numbers a generic NACK asks for (RFC 4585 section 6.2.1). Gives none for other packets.
// Never allocates. One NACK may ask for 17 packets per 4 bytes: its reader sets the limit.
class NackReader {
 public:
  explicit NackReader(const RtcpPacket& packet);

  std::optional<uint16_t> next();

 private:
  Bytes rest_;
  uint16_t packet_id_ = 0;
  uint16_t following_ = 0;  // bit i: packet_id_ + i + 1
};

}  // namespace kms::rtc
