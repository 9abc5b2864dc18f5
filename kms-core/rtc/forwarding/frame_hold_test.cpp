// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/forwarding/frame_hold.hpp"

#include <gtest/gtest.h>

#include "kms-core/rtc/forwarding/packet_pool.hpp"

namespace kms::rtc {
namespace {

class FrameHoldTest : public ::testing::Test {
 protected:
  PacketRef packet(uint16_t size, bool marker = false) {
    auto made = pool_.acquire();
    made->payload_size = size;
    made->marker = marker;
    made->arrived = now_;
    made->index = next_++;
    return made;
  }
  std::vector<uint16_t> sizes(std::span<const PacketRef> packets) {
    std::vector<uint16_t> all;
    for (const auto& each : packets) all.push_back(each->payload_size);
    return all;
  }
  std::vector<uint16_t> equalized(const std::vector<uint16_t>& given, uint8_t most = 64) {
    std::vector<PacketRef> packets;
    for (const auto size : given) packets.push_back(packet(size));
    equalize(packets, most);
    return sizes(packets);
  }

  PacketPool pool_{1024};
  TimePoint now_ = TimePoint{} + std::chrono::seconds(100);
  uint64_t next_ = 0;
};

using Sizes = std::vector<uint16_t>;

TEST_F(FrameHoldTest, WaitsForTheMarkerOnlyWithManyReceiversAndOnlyForPictures) {
  FrameHold video({}, true), audio({}, false);
  video.add(packet(100));
  audio.add(packet(100));

  EXPECT_TRUE(video.due(now_, 9));
  EXPECT_FALSE(video.due(now_, 10));
  EXPECT_TRUE(audio.due(now_, 1000));
  video.add(packet(100, true));
  EXPECT_TRUE(video.due(now_, 10));
}

TEST_F(FrameHoldTest, WaitsNoLongerThanItsDeadlineWhenTheMarkerIsLost) {
  FrameHold hold({}, true);
  hold.add(packet(100));

  EXPECT_EQ(hold.deadline(), now_ + std::chrono::milliseconds(20));
  EXPECT_FALSE(hold.due(hold.deadline() - std::chrono::microseconds(1), 50));
  EXPECT_TRUE(hold.due(hold.deadline(), 50));
}

TEST_F(FrameHoldTest, DoesNotHoldARepair) {
  FrameHold hold({}, true);
  auto repair = packet(100);
  repair->late = true;
  hold.add(repair);
  EXPECT_TRUE(hold.due(now_, 50));
}

TEST_F(FrameHoldTest, BoundsWhatASenderWithoutMarkersPilesUp) {
  FrameHold hold({}, true);
  int added = 0;
  for (; !hold.due(now_, 50); ++added) hold.add(packet(100));
  EXPECT_LE(added, 256);
  EXPECT_EQ(hold.take().size(), static_cast<size_t>(added));
  EXPECT_TRUE(hold.empty());
}

TEST_F(FrameHoldTest, GivesPacketsThatDifferByLittleOneSizeAndLeavesAShorterLastOne) {
  EXPECT_EQ(equalized({1000, 1003, 1001, 400}), (Sizes{1003, 1003, 1003, 400}));
  EXPECT_EQ(equalized({1000, 1003, 1001}), (Sizes{1003, 1003, 1001}));
  EXPECT_EQ(equalized({1000, 1005}), (Sizes{1005, 1005}));
  EXPECT_EQ(equalized({100, 1000}), (Sizes{100, 1000}));
  EXPECT_EQ(equalized({1000, 1005}, 0), (Sizes{1000, 1005}));
}

TEST_F(FrameHoldTest, CountsThePaddingInItsLastByte) {
  std::vector<PacketRef> packets{packet(1000), packet(1007)};
  equalize(packets, 64);

  EXPECT_EQ(packets[0]->padding, 7);
  EXPECT_EQ(packets[0]->payload().back(), 7);
  EXPECT_EQ(packets[0]->payload()[1000], 0);
  EXPECT_EQ(packets[1]->padding, 0);
}

}  // namespace
}  // namespace kms::rtc
