// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/sound_time.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace kms::gst {
namespace {

constexpr GstClockTime kLength = 20 * GST_MSECOND;
constexpr GstClockTime kStart = 10'000 * GST_SECOND;

double ms(GstClockTime later, GstClockTime earlier) {
  return static_cast<double>(GST_CLOCK_DIFF(earlier, later)) / static_cast<double>(GST_MSECOND);
}

TEST(SoundTime, FollowsAClockThatDriftsAndSeesNoGap) {
  for (const double pace : {0.995, 1.005, 0.98, 1.02}) {
    SoundTime time;
    auto last = time.next(kStart, kLength).begin;
    for (int i = 1; i < 15'000; ++i) {
      const auto stamp = kStart + static_cast<GstClockTime>(i * 20e6 * pace);
      const auto place = time.next(stamp, kLength);
      ASSERT_EQ(place.gap, 0U) << pace << " at " << i;
      ASSERT_NEAR(ms(place.begin, stamp), 0, 5) << pace;
      ASSERT_NEAR(ms(place.begin, last), 20, 1) << pace;
      last = place.begin;
    }
  }
}

TEST(SoundTime, WhatIsOffByAMillisecondIsHardlyFollowed) {
  SoundTime time;
  auto last = time.next(kStart, kLength).begin;
  for (unsigned i = 1; i < 1000; ++i) {
    const auto place = time.next(kStart + i * kLength + i % 2 * GST_MSECOND, kLength);
    ASSERT_EQ(place.gap, 0U);
    ASSERT_NEAR(ms(place.begin, last), 20, i > 10 ? 0.3 : 1.1);
    last = place.begin;
  }
}

// As Opus does it: the first packet lasts 20 ms, of which 6.5 were before the sound.
TEST(SoundTime, AShorterBeginningIsFollowedAtOnce) {
  SoundTime time;
  time.next(kStart, kLength);
  const auto second = kStart + kLength - 6'500'000;
  EXPECT_EQ(time.next(second, kLength).begin, second);
  EXPECT_EQ(time.next(second + kLength, kLength).begin, second + kLength);
}

TEST(SoundTime, TellsWhatIsMissing) {
  SoundTime time;
  time.next(kStart, kLength);
  EXPECT_EQ(time.next(kStart + 3 * kLength, kLength).gap, 2 * kLength);
  EXPECT_EQ(time.next(kStart + 4 * kLength, kLength).gap, 0U);
  const auto later = time.next(kStart + 10 * GST_SECOND, kLength);
  EXPECT_EQ(later.gap, 10 * GST_SECOND - 5 * kLength);
  EXPECT_EQ(later.begin, kStart + 10 * GST_SECOND);
}

TEST(SoundTime, GoesOnWithoutATimeStampAndWithAnOlderOne) {
  SoundTime time;
  time.next(kStart, kLength);
  EXPECT_EQ(time.next(GST_CLOCK_TIME_NONE, kLength).begin, kStart + kLength);
  const auto older = time.next(kStart - GST_SECOND, kLength);
  EXPECT_EQ(older.begin, kStart - GST_SECOND);
  EXPECT_EQ(older.gap, 0U);
}

}  // namespace
}  // namespace kms::gst
