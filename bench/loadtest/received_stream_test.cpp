// SPDX-License-Identifier: Apache-2.0
#include "bench/loadtest/received_stream.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace kms::rtc::loadtest {
namespace {

using Sequences = std::vector<uint16_t>;

TEST(ReceivedStream, LosesNothingWhenAllComesOverTheWrap) {
  ReceivedStream stream;
  for (uint16_t sequence = 65'000; sequence != 3000; ++sequence)
    EXPECT_TRUE(stream.on_packet(sequence, false));

  EXPECT_EQ(stream.totals().expected, 3536u);
  EXPECT_EQ(stream.totals().received, 3536u);
  EXPECT_EQ(stream.totals().lost(), 0);
}

TEST(ReceivedStream, TellsWhatWasLostFromWhatWasRepaired) {
  ReceivedStream stream;
  for (const auto sequence : Sequences{10, 11, 14, 15}) stream.on_packet(sequence, false);
  EXPECT_EQ(stream.totals().lost(), 2);

  EXPECT_TRUE(stream.on_packet(12, true));

  EXPECT_EQ(stream.totals().expected, 6u);
  EXPECT_EQ(stream.totals().repaired, 1u);
  EXPECT_EQ(stream.totals().lost(), 1);
}

TEST(ReceivedStream, CountsWhatComesTwiceOnce) {
  ReceivedStream stream;
  stream.on_packet(1, false);
  EXPECT_FALSE(stream.on_packet(1, false));
  EXPECT_FALSE(stream.on_packet(1, true));

  EXPECT_EQ(stream.totals().received, 1u);
  EXPECT_EQ(stream.totals().duplicates, 2u);
}

TEST(ReceivedStream, TakesWhatComesOutOfOrder) {
  ReceivedStream stream;
  for (const auto sequence : Sequences{5, 7, 6, 4}) stream.on_packet(sequence, false);

  EXPECT_EQ(stream.totals().expected, 3u) << "what is older than the first one is not counted";
  EXPECT_EQ(stream.totals().received, 3u);
  EXPECT_EQ(stream.totals().lost(), 0);
}

TEST(ReceivedStream, CountsAGapLongerThanItRemembers) {
  ReceivedStream stream;
  stream.on_packet(0, false);
  stream.on_packet(10'000, false);

  EXPECT_EQ(stream.totals().expected, 10'001u);
  EXPECT_EQ(stream.totals().lost(), 9'999);
  EXPECT_TRUE(stream.on_packet(9'999, false));
}

TEST(StreamTotals, AddUpAndSayWhatCameSince) {
  StreamTotals before{10, 8, 1, 1, 0};
  auto after = before;
  after += {5, 5, 0, 0, 2};

  EXPECT_EQ(before.lost(), 0);
  EXPECT_EQ(after.since(before).expected, 5u);
  EXPECT_EQ(after.since(before).duplicates, 2u);
  EXPECT_EQ(after.since(before).lost(), 0);
}

TEST(StreamTotals, LoseInAWindowWhatWasStillWaitedForWhenItBegan) {
  const StreamTotals before{10, 9, 0, 1, 0};
  const StreamTotals after{20, 19, 0, 0, 0};

  EXPECT_EQ(after.since(before).lost(), 1);
}

}  // namespace
}  // namespace kms::rtc::loadtest
