// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtp/rtx.hpp"

#include <gtest/gtest.h>

#include "kms-core/rtc/rtp/rtp_view.hpp"
#include "kms-core/rtc/rtp/test_packets.hpp"

namespace kms::rtc {
namespace {

using test::make_rtp;
using test::Packet;

Packet original() {
  return make_rtp({.extension = {0x10, 'a', 0, 0}, .payload = {9, 8, 7, 6, 5}, .padding = 3, .marker = true});
}

TEST(Rtx, WrapsUnderItsOwnNames) {
  const auto packet = original();
  Packet out(packet.size() + kRtxOverhead);

  ASSERT_EQ(rtx_wrap(packet, {.payload_type = 97, .sequence = 5, .ssrc = 77}, out), out.size());

  const auto view = RtpView::parse(out);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->payload_type(), 97);
  EXPECT_EQ(view->sequence(), 5);
  EXPECT_EQ(view->ssrc(), 77u);
  EXPECT_TRUE(view->marker());
  EXPECT_EQ(view->timestamp(), 0x01020304u);
  EXPECT_EQ(load_u16(view->payload().data()), 0x1234);
  EXPECT_EQ(view->extension(1)->front(), 'a');
}

TEST(Rtx, GivesBackTheOriginalByteForByte) {
  const auto packet = original();
  Packet wrapped(packet.size() + kRtxOverhead);
  rtx_wrap(packet, {.payload_type = 97, .sequence = 5, .ssrc = 77}, wrapped);

  const auto unwrapped = rtx_unwrap(wrapped, {.payload_type = 96, .ssrc = 0x0a0b0c0d});

  EXPECT_EQ(Packet(unwrapped.begin(), unwrapped.end()), packet);
}

TEST(Rtx, RefusesProbesAndRubbish) {
  auto probe = make_rtp({.payload = {}, .padding = 200});
  EXPECT_TRUE(rtx_unwrap(probe, {96, 1}).empty());
  auto short_one = make_rtp({.payload = {1}});
  EXPECT_TRUE(rtx_unwrap(short_one, {96, 1}).empty());
  Packet rubbish(11, 0x80);
  EXPECT_TRUE(rtx_unwrap(rubbish, {96, 1}).empty());
}

TEST(Rtx, DoesNotWrapIntoABufferThatIsTooSmall) {
  const auto packet = original();
  Packet out(packet.size() + kRtxOverhead - 1);
  EXPECT_EQ(rtx_wrap(packet, {97, 5, 77}, out), 0u);
}

}  // namespace
}  // namespace kms::rtc
