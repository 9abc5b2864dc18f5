// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/forwarding/consumer_record.hpp"

#include <gtest/gtest.h>

#include <string>

#include "kms-core/rtc/rtp/rtp_view.hpp"

namespace kms::rtc {
namespace {

class ConsumerRecordTest : public ::testing::Test {
 protected:
  ConsumerSettings settings_ = [] {
    ConsumerSettings made;
    made.ssrc = 0xabcdef01;
    made.payload_type = 97;
    made.mid = "video0";
    made.extensions.set(ExtensionKind::kMid, 4);
    made.extensions.set(ExtensionKind::kVideoOrientation, 9);
    return made;
  }();

  RtpView header_of(const Packet& packet) {
    const auto size = write_header(make_record(1, settings_), packet,
                                   Outgoing{.index = 0x1'0005, .marker = packet.marker}, bytes_.data());
    EXPECT_LE(size, kMaxOutgoingHeader);
    return *RtpView::parse_protected(Bytes(bytes_).first(size));
  }

  std::array<uint8_t, 256> bytes_{};
};

TEST_F(ConsumerRecordTest, WritesItsOwnNamesAndThePacketsTime) {
  Packet packet;
  packet.timestamp = 77;
  packet.marker = true;

  const auto view = header_of(packet);

  EXPECT_EQ(view.ssrc(), 0xabcdef01);
  EXPECT_EQ(view.payload_type(), 97);
  EXPECT_EQ(view.sequence(), 5);
  EXPECT_EQ(view.timestamp(), 77u);
  EXPECT_TRUE(view.marker());
  const auto mid = view.extension(4);
  ASSERT_TRUE(mid);
  EXPECT_EQ(std::string(mid->begin(), mid->end()), "video0");
}

TEST_F(ConsumerRecordTest, PassesOnExtensionsUnderTheReceiversIdsAndDropsTheOthers) {
  Packet packet;
  packet.extension_count = 2;
  packet.extensions[0] = {ExtensionKind::kVideoOrientation, 1, {3}};
  packet.extensions[1] = {ExtensionKind::kAudioLevel, 1, {0x85}};

  auto elements = header_of(packet).extensions();

  EXPECT_EQ(elements.next()->id, 4);
  const auto orientation = elements.next();
  ASSERT_TRUE(orientation);
  EXPECT_EQ(orientation->id, 9);
  EXPECT_EQ(orientation->value[0], 3);
  EXPECT_FALSE(elements.next());
}

TEST_F(ConsumerRecordTest, HasNoExtensionBlockWithoutElements) {
  settings_.extensions = {};
  EXPECT_FALSE(header_of(Packet{}).has_extension_block());
}

TEST_F(ConsumerRecordTest, LeavesOutAMidThatNoOneByteElementHolds) {
  settings_.mid = std::string(17, 'x');
  EXPECT_FALSE(header_of(Packet{}).has_extension_block());
}

}  // namespace
}  // namespace kms::rtc
