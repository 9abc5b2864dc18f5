// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtp/packet_kind.hpp"

#include <gtest/gtest.h>

#include <array>

namespace kms::rtc {
namespace {

PacketKind kind(uint8_t first, uint8_t second) { return packet_kind(std::array{first, second}); }

TEST(PacketKind, TellsTheProtocolsOfASharedPortApart) {
  EXPECT_EQ(kind(0, 1), PacketKind::kStun);
  EXPECT_EQ(kind(3, 0), PacketKind::kStun);
  EXPECT_EQ(kind(20, 0xfe), PacketKind::kDtls);
  EXPECT_EQ(kind(63, 0), PacketKind::kDtls);
  EXPECT_EQ(kind(128, 96), PacketKind::kRtp);
  EXPECT_EQ(kind(191, 0x80 | 96), PacketKind::kRtp) << "payload type 96 with marker is 224";
  EXPECT_EQ(kind(128, 200), PacketKind::kRtcp);
  EXPECT_EQ(kind(129, 207), PacketKind::kRtcp);
}

TEST(PacketKind, LeavesEverythingElseUnknown) {
  EXPECT_EQ(packet_kind({}), PacketKind::kUnknown);
  EXPECT_EQ(packet_kind(std::array<uint8_t, 1>{0x80}), PacketKind::kUnknown);
  EXPECT_EQ(kind(4, 0), PacketKind::kUnknown);
  EXPECT_EQ(kind(64, 0), PacketKind::kUnknown) << "TURN channel data";
  EXPECT_EQ(kind(127, 0), PacketKind::kUnknown);
  EXPECT_EQ(kind(192, 0), PacketKind::kUnknown);
}

}  // namespace
}  // namespace kms::rtc
