// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/bandwidth/pacer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

#include "kms-core/rtc/bandwidth/bottleneck.hpp"
#include "tests/support/relay/way.hpp"

namespace kms::rtc {
namespace {

using namespace std::chrono_literals;

constexpr size_t kPacket = 1200;

class Paced : public testing::Test {
 protected:
  // Packets that find room now.
  int send_all() {
    int sent = 0;
    for (; sent < 1000 && pacer_.has_room(now_); ++sent) pacer_.on_sent(kPacket);
    return sent;
  }

  TimePoint now_{1000s};
  Pacer pacer_;
};

TEST_F(Paced, NothingWaitsWhereNoBottleneckIsKnown) {
  EXPECT_EQ(send_all(), 1000);
  pacer_.set_rate(1'000'000);
  send_all();
  pacer_.set_rate(0);
  EXPECT_EQ(send_all(), 1000);
}

TEST_F(Paced, GoesOutAsFastAsTheWayTakesIt) {
  pacer_.set_rate(1'000'000);
  const int at_once = send_all();
  EXPECT_EQ(at_once, 2);
  int sent = 0;
  for (const auto end = now_ + 1s; now_ < end;) {
    EXPECT_GT(pacer_.room_at(now_), now_);
    now_ = pacer_.room_at(now_);
    const int now = send_all();
    EXPECT_EQ(now, 1);
    sent += now;
  }
  EXPECT_NEAR(sent * kPacket * 8, 1'000'000, 2 * kPacket * 8);
}

TEST_F(Paced, WhatDidNotWaitCounts) {
  pacer_.set_rate(1'000'000);
  send_all();
  pacer_.on_sent(5 * kPacket);
  now_ += 40ms;
  EXPECT_FALSE(pacer_.has_room(now_));
  now_ += 30ms;
  EXPECT_TRUE(pacer_.has_room(now_));
}

TEST_F(Paced, HoldsUpTheRestForATenthOfASecondAtMost) {
  pacer_.set_rate(1'000'000);
  send_all();
  pacer_.on_sent(500 * kPacket);
  EXPECT_FALSE(pacer_.has_room(now_));
  now_ += 101ms;
  EXPECT_TRUE(pacer_.has_room(now_));
}

TEST_F(Paced, RoomThatNobodyUsedIsNoLicenceForABurst) {
  pacer_.set_rate(1'000'000);
  send_all();
  now_ += 10s;
  EXPECT_EQ(send_all(), 2);
}

// What came without waking anybody is handled with the time at which it came.
TEST_F(Paced, TimeThatGoesBackIsNotCountedTwice) {
  pacer_.set_rate(1'000'000);
  send_all();
  int sent = 0;
  for (int i = 0; i < 400; ++i) {
    now_ += 5ms;
    sent += send_all();
    EXPECT_FALSE(pacer_.has_room(now_ - 4ms));
  }
  EXPECT_NEAR(sent * kPacket * 8, 2'000'000, 3 * kPacket * 8);
}

// A page's pictures and sound over a line of 1 Mbit/s with a queue of 60 ms, and a key frame of 40 KB.
struct Line {
  explicit Line(double rate) { pacer.set_rate(rate); }

  void run() {
    way.set({.rate_bps = 1'000'000, .longest_queue = 60ms});
    for (int ms = 0; ms < 2000; ++ms, now += 1ms) {
      if (ms % 33 == 0) frame(ms == 330 ? 40'000 : 2'800);
      if (ms % 20 == 7) sound();
      while (!waiting.empty() && pacer.has_room(now)) send_one();
    }
  }
  void frame(size_t bytes) {
    for (; bytes > 0; bytes -= std::min(bytes, kPacket)) waiting.push_back(std::min(bytes, kPacket));
  }
  void send_one() {
    way.take(waiting.front(), now);
    pacer.on_sent(waiting.front());
    waiting.pop_front();
  }
  void sound() {
    pacer.on_sent(120);
    const auto arrives = way.take(120, now);
    if (!arrives.empty()) longest = std::max(longest, arrives[0] - now);
  }

  Pacer pacer;
  kms::test::Way way{1};
  TimePoint now{1000s};
  std::deque<size_t> waiting;
  Duration longest{};
};

TEST(APacedKeyFrame, FitsTheQueueOfANarrowLineAndHoldsUpNoSound) {
  Line line(1'000'000);
  line.run();
  EXPECT_EQ(line.way.counts().overflowed, 0u);
  EXPECT_LT(line.longest, 45ms);

  Line at_once(0);
  at_once.run();
  EXPECT_GT(at_once.way.counts().overflowed, 20u) << "or this test could not fail";
}

TEST(TheBottleneck, IsKnownFromWhenItWasFullUntilItBearsMore) {
  const TimePoint now{1000s};
  Bottleneck bottleneck;
  EXPECT_EQ(bottleneck.bps(now), 0);
  bottleneck.on_borne(700'000);
  EXPECT_EQ(bottleneck.bps(now), 0) << "a rate that was never exceeded is no bottleneck";

  bottleneck.on_full(1'000'000, now);
  bottleneck.on_borne(1'050'000);
  EXPECT_EQ(bottleneck.bps(now), 1'000'000);
  bottleneck.on_borne(1'200'000);
  EXPECT_EQ(bottleneck.bps(now), 0);
}

TEST(TheBottleneck, FollowsWhatIsSeenOfIt) {
  const TimePoint now{1000s};
  Bottleneck bottleneck;
  bottleneck.on_full(1'000'000, now);
  bottleneck.on_full(1'100'000, now);
  EXPECT_NEAR(bottleneck.bps(now), 1'040'000, 1);
  bottleneck.on_full(400'000, now);
  EXPECT_EQ(bottleneck.bps(now), 400'000) << "another one";
  EXPECT_EQ(bottleneck.bps(now + 59s), 400'000);
  EXPECT_EQ(bottleneck.bps(now + 61s), 0) << "that was long ago";
}

}  // namespace
}  // namespace kms::rtc
