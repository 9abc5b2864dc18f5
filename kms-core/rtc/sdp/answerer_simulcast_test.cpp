// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kms-core/rtc/sdp/test_offers.hpp"

namespace kms::rtc {
namespace {

using test::answer;
using test::chromium_offer;
using test::replaced;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(AnswererSimulcast, ReceivesTheEncodingsThatChromiumSends) {
  const auto result = answer(chromium_offer("simulcast"));
  ASSERT_TRUE(result.ok());
  EXPECT_THAT(result->lines[1].rids, ElementsAre("h", "m", "l"));
  EXPECT_NE(result->lines[1].extensions.id_of(ExtensionKind::kRid), 0);
  EXPECT_NE(result->lines[1].extensions.id_of(ExtensionKind::kRepairedRid), 0);
  EXPECT_THAT(result->sdp,
              HasSubstr("a=rid:h recv\r\na=rid:m recv\r\na=rid:l recv\r\na=simulcast:recv h;m;l\r\n"));
}

TEST(AnswererSimulcast, DoesNotTakeItWithoutTheRidExtension) {
  const auto offer = replaced(chromium_offer("simulcast"), "sdes:rtp-stream-id", "sdes:something-else");
  const auto result = answer(offer);
  ASSERT_TRUE(result.ok());
  EXPECT_TRUE(result->lines[1].accepted);
  EXPECT_THAT(result->lines[1].rids, IsEmpty());
  EXPECT_THAT(result->sdp, Not(HasSubstr("simulcast")));
}

TEST(AnswererSimulcast, LeavesEncodingsOfOtherCodecs) {
  const auto offer = replaced(chromium_offer("simulcast"), "a=rid:m send", "a=rid:m send pt=98");
  EXPECT_THAT(answer(offer)->lines[1].rids, ElementsAre("h", "l"));
}

TEST(AnswererSimulcast, IsNotAnsweredWhenNothingIsReceived) {
  const auto result = answer(chromium_offer("simulcast"), {LineWish{}, LineWish{.receive = false}});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->lines[1].direction, Direction::kInactive);
  EXPECT_THAT(result->sdp, Not(HasSubstr("simulcast")));
}

}  // namespace
}  // namespace kms::rtc
