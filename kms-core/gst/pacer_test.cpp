// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/pacer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <thread>

#include "tests/support/calm/calm.hpp"

namespace kms::gst {
namespace {

constexpr GstClockTime kFrame = 20 * GST_MSECOND;
const std::atomic<bool> kCalm = false;

Pacer::Moment at(GstClockTimeDiff running) { return {running, running, kFrame}; }

TEST(Pacer, LetsTheFirstBufferGoAtOnceAndTheNextWhenItIsDue) {
  Pacer pacer(false);
  const auto begin = media_now();
  const auto first = pacer.wait(at(0), kCalm);
  const auto second = pacer.wait(at(3 * kFrame), kCalm);

  EXPECT_GE(*first, begin);
  EXPECT_EQ(*second - *first, 3 * kFrame);
  EXPECT_GE(media_now(), *second);
}

TEST(Pacer, WaitsForDecodingTimeAndAnswersPresentationTime) {
  Pacer pacer(false);
  const auto first = pacer.wait(at(0), kCalm);
  const auto early = pacer.wait({.due = 0, .shown = GST_SECOND * 60, .duration = kFrame}, kCalm);
  EXPECT_EQ(*early - *first, 60 * GST_SECOND);
}

TEST(Pacer, UnpacedMediaWaitsForNothingAndKeepsItsTime) {
  Pacer pacer(true);
  const auto begin = media_now();
  const auto first = pacer.wait(at(0), kCalm);
  const auto last = pacer.wait(at(3600 * GST_SECOND), kCalm);
  EXPECT_EQ(*last - *first, 3600 * GST_SECOND);
  EXPECT_LT(media_now() - begin, 60 * GST_SECOND);
}

TEST(Pacer, APieceAfterAnotherBeginsWhereThatOneEnded) {
  Pacer pacer(true);
  pacer.wait(at(0), kCalm);
  const auto last = pacer.wait(at(10 * kFrame), kCalm);
  pacer.restart();
  EXPECT_EQ(*pacer.wait(at(0), kCalm), *last + kFrame);
}

// Of a camera that comes back, pictures may come first and the sound of before them after that.
TEST(Pacer, OfALivePieceAlsoWhatIsEarlierThanItsFirstBufferKeepsItsDistances) {
  Pacer pacer(false);
  pacer.follow();
  pacer.begin_anywhere();
  pacer.wait(at(0), kCalm);
  const auto end = *pacer.wait(at(200 * kFrame), kCalm) + kFrame;
  pacer.restart();
  EXPECT_EQ(*pacer.wait(at(100 * kFrame), kCalm), end);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(*pacer.wait(at((97 + i) * kFrame), kCalm), end + i * kFrame);
}

// The way to it may have taken longer than what was before: then it begins now, and never later.
TEST(Pacer, APacedPieceAfterAnotherBeginsWhereThatOneEndedOrNow) {
  Pacer pacer(false);
  auto end = *pacer.wait(at(0), kCalm) + kFrame;
  for (const auto way : {0 * kFrame, 3 * kFrame}) {
    pacer.restart();
    while (media_now() < end + way - kFrame) std::this_thread::yield();

    const auto before = std::max(media_now(), end);
    const auto first = *pacer.wait(at(0), kCalm);
    const auto after = std::max(media_now(), end);

    EXPECT_GE(first, before);
    EXPECT_LE(first, after);
    end = first + kFrame;
  }
}

// What holds a player up at a seam, or its machine, is no gap in its media.
TEST(Pacer, APieceThatWasReadyInTimeBeginsWhereTheOneBeforeEndedHoweverLateItComes) {
  Pacer pacer(false);
  const auto end = *pacer.wait(at(0), kCalm) + kFrame;
  pacer.join_on(true);
  while (media_now() < end + 20 * kFrame) std::this_thread::yield();
  EXPECT_EQ(*pacer.wait(at(0), kCalm), end);
}

TEST(Pacer, APieceThatWasNotReadyInTimeBeginsThereToo) {
  GstClockTime late = 0;
  const auto no_seam = [&] { return late > 200 * GST_MSECOND; };  // the test was held up on its way
  test::measure_again_if(no_seam, [&] {
    Pacer pacer(false);
    const auto end = *pacer.wait(at(0), kCalm) + kFrame;
    pacer.join_on(false);
    while (media_now() < end + 2 * kFrame) std::this_thread::yield();
    EXPECT_EQ(*pacer.wait(at(0), kCalm), end);
    late = media_now() - end;
  });
}

TEST(Pacer, APieceThatComesLaterOrAfterAPauseBeginsThen) {
  for (const bool pauses : {false, true}) {
    Pacer pacer(false);
    const auto end = *pacer.wait(at(0), kCalm) + kFrame;
    pacer.join_on(pauses);
    if (pauses) pacer.pause();
    while (media_now() < end + 20 * kFrame) std::this_thread::yield();
    pacer.resume();
    EXPECT_GE(*pacer.wait(at(0), kCalm), end + 20 * kFrame) << pauses;
  }
}

TEST(Pacer, SkipsATimeInWhichNothingIsDue) {
  Pacer pacer(false);
  GstClockTime told = 0;
  pacer.skip_gaps(100 * GST_MSECOND, [&](GstClockTime gap) { told = gap; });
  const auto first = pacer.wait(at(0), kCalm);
  const auto far = pacer.wait(at(3600 * GST_SECOND), kCalm);
  const auto next = pacer.wait(at(3600 * GST_SECOND + kFrame), kCalm);

  EXPECT_GE(*far - *first, 50 * GST_MSECOND);
  EXPECT_LT(*far - *first, 5 * GST_SECOND) << "whatever else the machine does";
  EXPECT_EQ(*next - *far, kFrame);
  EXPECT_GT(told, 3599 * GST_SECOND);
}

TEST(Pacer, ATrackThatWaitsLongIsNoGapWhileAnotherGoesOn) {
  GstClockTime longest = 0;  // between two frames of the other one
  const auto stood_still = [&] { return longest > 900 * GST_MSECOND; };
  test::measure_again_if(stood_still, [&] {
    Pacer pacer(false);
    pacer.skip_gaps(GST_SECOND, {});
    const auto first = pacer.wait(at(0), kCalm);
    auto late = std::async(std::launch::async, [&] { return pacer.wait(at(75 * kFrame), kCalm); });
    longest = 0;
    for (GstClockTimeDiff i = 1; i < 74; ++i) {
      const auto before = media_now();
      pacer.wait(at(i * static_cast<GstClockTimeDiff>(kFrame)), kCalm);
      longest = std::max(longest, media_now() - before);
    }
    EXPECT_EQ(*late.get() - *first, 75 * kFrame);
  });
}

TEST(Pacer, TimeThatWasPausedIsNoMediaTime) {
  Pacer pacer(false);
  const auto first = pacer.wait(at(0), kCalm);
  pacer.pause();
  auto second = std::async(std::launch::async, [&] { return pacer.wait(at(kFrame), kCalm); });
  EXPECT_EQ(second.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout);
  pacer.resume();
  EXPECT_GE(*second.get() - *first, 100 * GST_MSECOND);
}

TEST(Pacer, WhatComesBeforeTheTargetOfASeekGoesAtOnceAndStaysApart) {
  Pacer pacer(true);
  const auto before = pacer.wait(at(0), kCalm);
  pacer.restart();
  const auto early = [&](GstClockTimeDiff running) {
    return pacer.wait({.due = running, .shown = running, .duration = kFrame, .decode_only = true}, kCalm);
  };
  const auto key = early(-static_cast<GstClockTimeDiff>(GST_SECOND));
  const auto next = early(-static_cast<GstClockTimeDiff>(kFrame));
  const auto target = pacer.wait(at(0), kCalm);
  EXPECT_EQ(*target, *before + kFrame);
  EXPECT_LT(*key, *next);
  EXPECT_LT(*next, *target);
  EXPECT_GT(*key, *before);
}

TEST(Pacer, AFlushWakesWhoWaits) {
  Pacer pacer(false);
  std::atomic<bool> flushing = false;
  pacer.wait(at(0), flushing);
  auto waiting = std::async(std::launch::async, [&] { return pacer.wait(at(3600 * GST_SECOND), flushing); });
  flushing = true;
  pacer.wake();
  EXPECT_FALSE(waiting.get().has_value());
}

}  // namespace
}  // namespace kms::gst
