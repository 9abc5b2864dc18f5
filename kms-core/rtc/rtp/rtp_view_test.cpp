// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtp/rtp_view.hpp"

#include <gtest/gtest.h>

#include "kms-core/rtc/rtp/rtp_editor.hpp"
#include "kms-core/rtc/rtp/test_packets.hpp"

namespace kms::rtc {
namespace {

using test::make_rtp;
using test::Packet;

Packet full_packet() {
  return make_rtp({.csrcs = {0, 0, 0, 7, 0, 0, 0, 8},
                   .extension = {0x10, 'a', 0x21, 1, 2, 0, 0, 0},
                   .payload = {9, 8, 7},
                   .padding = 4,
                   .marker = true});
}

TEST(RtpView, ReadsEveryField) {
  const auto packet = full_packet();

  const auto view = RtpView::parse(packet);

  ASSERT_TRUE(view);
  EXPECT_TRUE(view->marker());
  EXPECT_EQ(view->payload_type(), 96);
  EXPECT_EQ(view->sequence(), 0x1234);
  EXPECT_EQ(view->timestamp(), 0x01020304u);
  EXPECT_EQ(view->ssrc(), 0x0a0b0c0du);
  ASSERT_EQ(view->csrc_count(), 2u);
  EXPECT_EQ(view->csrc(1), 8u);
  EXPECT_EQ(view->extension_profile(), kOneByteProfile);
  EXPECT_EQ(view->extension_block().size(), 8u);
  EXPECT_EQ(view->header_size(), 12u + 8 + 4 + 8);
  EXPECT_EQ(view->padding_size(), 4u);
  ASSERT_EQ(view->payload().size(), 3u);
  EXPECT_EQ(view->payload()[0], 9);
  EXPECT_EQ(view->extension(2)->size(), 2u);
  EXPECT_FALSE(view->extension(3));
}

TEST(RtpView, RefusesEveryTruncationOfTheHeader) {
  const auto packet = full_packet();
  for (size_t size = 0; size < 32; ++size) {
    EXPECT_FALSE(RtpView::parse(Bytes(packet).first(size))) << size;
    EXPECT_FALSE(RtpView::parse_protected(Bytes(packet).first(size))) << size;
  }
}

TEST(RtpView, RefusesOtherVersions) {
  for (const unsigned version : {0u, 1u, 3u}) {
    auto packet = make_rtp({.payload = {1}});
    packet[0] = static_cast<uint8_t>(version << 6);
    EXPECT_FALSE(RtpView::parse(packet)) << version;
  }
}

TEST(RtpView, RefusesPaddingThatIsZeroOrLargerThanThePayload) {
  auto packet = make_rtp({.payload = {1, 2}, .padding = 2});
  packet.back() = 0;
  EXPECT_FALSE(RtpView::parse(packet));
  packet.back() = 5;
  EXPECT_FALSE(RtpView::parse(packet));
  packet.back() = 4;
  EXPECT_TRUE(RtpView::parse(packet)) << "nothing but padding is a probe";

  auto empty = make_rtp({});
  empty[0] |= 0x20;
  EXPECT_FALSE(RtpView::parse(empty)) << "padding announced, no byte left to say how much";
}

TEST(RtpView, LeavesThePaddingOfProtectedPacketsAlone) {
  auto packet = make_rtp({.payload = {1, 2, 0}});
  packet[0] |= 0x20;

  const auto view = RtpView::parse_protected(packet);

  ASSERT_TRUE(view);
  EXPECT_EQ(view->payload().size(), 3u);
}

TEST(RtpView, RefusesAnExtensionBlockThatOverruns) {
  auto packet = make_rtp({.extension = {0, 0, 0, 0}, .payload = {}});
  packet[15] = 2;
  EXPECT_FALSE(RtpView::parse(packet));
  packet[14] = 0xff;
  EXPECT_FALSE(RtpView::parse(packet));
}

TEST(RtpEditor, ChangesOnlyTheFieldItIsAskedTo) {
  auto packet = full_packet();
  RtpEditor editor(packet);

  editor.set_marker(false);
  editor.set_payload_type(111);
  editor.set_sequence(0xfffe);
  editor.set_timestamp(0xa1a2a3a4);
  editor.set_ssrc(0xb1b2b3b4);

  const auto view = RtpView::parse(packet);
  ASSERT_TRUE(view);
  EXPECT_FALSE(view->marker());
  EXPECT_EQ(view->payload_type(), 111);
  EXPECT_EQ(view->sequence(), 0xfffe);
  EXPECT_EQ(view->timestamp(), 0xa1a2a3a4u);
  EXPECT_EQ(view->ssrc(), 0xb1b2b3b4u);
  EXPECT_EQ(view->csrc(0), 7u);
  EXPECT_EQ(Packet(packet.begin() + 20, packet.end()), [] {
    const auto before = full_packet();
    return Packet(before.begin() + 20, before.end());
  }());
}

}  // namespace
}  // namespace kms::rtc
