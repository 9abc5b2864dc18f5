// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/bandwidth/sent_packets.hpp"

#include <gtest/gtest.h>

namespace kms::rtc {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{1000s};

TEST(SentPackets, KnowsWhatWentOutAndWhen) {
  SentPackets sent;
  const auto first = sent.add(1200, 0, kStart);
  const auto second = sent.add(300, 7, kStart + 1500us);

  const auto told = sent.arrived(second);

  EXPECT_EQ(static_cast<uint16_t>(first + 1), second);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->packet.sent_at, kStart + 1500us);
  EXPECT_EQ(told->packet.size, 300u);
  EXPECT_EQ(told->packet.cluster, 7);
  EXPECT_FALSE(told->was_lost);
  EXPECT_EQ(sent.arrived(first)->packet.sent_at, kStart);
}

TEST(SentPackets, TakesEachNewsOnce) {
  SentPackets sent;
  const auto number = sent.add(100, 0, kStart);
  EXPECT_TRUE(sent.lost(number));
  EXPECT_FALSE(sent.lost(number));
  ASSERT_TRUE(sent.arrived(number)) << "it was late, not lost";
  EXPECT_FALSE(sent.arrived(number));
  EXPECT_FALSE(sent.lost(number));
}

TEST(SentPackets, SaysThatWhatArrivedWasThoughtLost) {
  SentPackets sent;
  const auto number = sent.add(100, 0, kStart);
  sent.lost(number);
  EXPECT_TRUE(sent.arrived(number)->was_lost);
}

TEST(SentPackets, KnowsNothingOfWhatWasNeverSent) {
  SentPackets sent;
  EXPECT_FALSE(sent.arrived(0));
  EXPECT_FALSE(sent.lost(1));
  const auto number = sent.add(100, 0, kStart);
  EXPECT_FALSE(sent.arrived(static_cast<uint16_t>(number + 1)));
  EXPECT_FALSE(sent.arrived(static_cast<uint16_t>(number - 1)));
}

TEST(SentPackets, ForgetsWhatIsTooOldAlsoAcrossTheWrap) {
  SentPackets sent;
  uint16_t number = 0;
  for (size_t i = 0; i < 70'000; ++i) number = sent.add(100, 0, kStart + i * 1ms);

  EXPECT_FALSE(sent.arrived(static_cast<uint16_t>(number - SentPackets::kKept)));
  const auto oldest = sent.arrived(static_cast<uint16_t>(number - SentPackets::kKept + 1));
  ASSERT_TRUE(oldest);
  EXPECT_EQ(oldest->packet.sent_at, kStart + 69'999ms - (SentPackets::kKept - 1) * 1ms);
}

TEST(SentPackets, KeepsTimesWhenItsMicrosecondsWrapAround) {
  SentPackets sent;
  const TimePoint before{std::chrono::microseconds(UINT32_MAX) - 1ms};
  const auto number = sent.add(100, 0, before);
  sent.add(100, 0, before + 5ms);
  EXPECT_EQ(sent.arrived(number)->packet.sent_at, before);
}

}  // namespace
}  // namespace kms::rtc
