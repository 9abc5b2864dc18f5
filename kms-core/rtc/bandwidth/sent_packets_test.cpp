// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/bandwidth/sent_packets.hpp"

#include <gtest/gtest.h>

#include <vector>

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

  EXPECT_FALSE(sent.arrived(static_cast<uint16_t>(number - sent.kept())));
  const auto oldest = sent.arrived(static_cast<uint16_t>(number - sent.kept() + 1));
  ASSERT_TRUE(oldest);
  EXPECT_EQ(oldest->packet.sent_at, kStart + 69'999ms - (sent.kept() - 1) * 1ms);
}

TEST(SentPackets, GrowsUntilItRemembersLongEnough) {
  SentPackets slow;
  SentPackets quick;
  auto now = kStart;
  for (int i = 0; i < 10'000; ++i) {
    now += 2ms;
    if (i % 10 == 0) slow.add(100, 0, now);
    quick.add(100, 0, now);
    slow.make_room(now);
    quick.make_room(now);
  }
  EXPECT_EQ(slow.kept(), SentPackets::kFewest) << "5 seconds";
  EXPECT_EQ(quick.kept(), 1024u) << "2 seconds, of packets that go out every 2 ms";

  for (int i = 0; i < 10'000; ++i) {
    quick.add(100, 0, now);
    quick.make_room(now);
  }
  EXPECT_EQ(quick.kept(), SentPackets::kMost) << "whatever the rate is";
}

TEST(SentPackets, KnowsWhatItKnewWhenItHasGrown) {
  SentPackets sent;
  for (int i = 0; i < 65'500; ++i) sent.add(10, 0, kStart);
  std::vector<uint16_t> numbers;
  for (size_t i = 0; i < SentPackets::kFewest; ++i) numbers.push_back(sent.add(i, 3, kStart + i * 1ms));
  ASSERT_TRUE(sent.lost(numbers[1]));
  sent.make_room(kStart + 256ms);
  ASSERT_GT(sent.kept(), SentPackets::kFewest);

  for (size_t i = 0; i < numbers.size(); ++i) {
    const auto told = sent.arrived(numbers[i]);
    ASSERT_TRUE(told) << i;
    EXPECT_EQ(told->packet.sent_at, kStart + i * 1ms);
    EXPECT_EQ(told->packet.size, i);
    EXPECT_EQ(told->was_lost, i == 1);
  }
  EXPECT_FALSE(sent.arrived(static_cast<uint16_t>(numbers.front() - 1))) << "that was forgotten before";
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
