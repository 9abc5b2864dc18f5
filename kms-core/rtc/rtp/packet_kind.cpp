// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtp/packet_kind.hpp"

namespace kms::rtc {

PacketKind packet_kind(Bytes datagram) {
  if (datagram.size() < 2) return PacketKind::kUnknown;
  const uint8_t first = datagram[0];
  if (first < 4) return PacketKind::kStun;
  if (first >= 20 && first < 64) return PacketKind::kDtls;
  if (first < 128 || first > 191) return PacketKind::kUnknown;
  const uint8_t type = datagram[1];
  return type >= 192 && type <= 223 ? PacketKind::kRtcp : PacketKind::kRtp;
}

}  // namespace kms::rtc
