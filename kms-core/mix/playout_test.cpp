// SPDX-License-Identifier: Apache-2.0
#include "kms-core/mix/playout.hpp"

#include <gtest/gtest.h>

#include <random>

namespace kms::mix {
namespace {

// An input and its mixer, in frames: what comes at which time, and what is played of it.
class Flow {
 public:
  // So many frames of the sender's clock come in one packet.
  explicit Flow(size_t packet, double drift = 0) : packet_(packet), drift_(drift) {}

  // A block's time of the mixer. Returns whether it was played whole.
  bool block() {
    time_ += kBlockFrames;
    while (static_cast<double>(sent_ + packet_) <= time_ * (1 + drift_) - late_) {
      sent_ += packet_;
      waiting_ += packet_;
      playout_.came(packet_);
    }
    const auto step = playout_.next(waiting_, false);
    skipped_ += step.skip;
    const bool whole = step.play && waiting_ - step.skip >= step.frames;
    waiting_ -= step.skip;
    waiting_ -= whole ? step.frames : step.play ? waiting_ : 0;
    longest_ = std::max(longest_, waiting_);
    return whole;
  }
  int broken_in(int blocks) {
    int broken = 0;
    for (int i = 0; i < blocks; ++i) broken += block() ? 0 : 1;
    return broken;
  }
  void set_late(double frames) { late_ = frames; }
  size_t waiting() const { return waiting_; }
  size_t skipped() const { return skipped_; }
  size_t longest() const { return longest_; }

 private:
  const size_t packet_;
  const double drift_;
  Playout playout_;
  double time_ = 0;
  double late_ = 0;
  size_t sent_ = 0;
  size_t waiting_ = 0;
  size_t skipped_ = 0;
  size_t longest_ = 0;
};

constexpr int kTenMinutes = 10 * 60 * 50;

TEST(Playout, SteadySoundBeginsSoonAndNeverBreaks) {
  Flow flow(kBlockFrames);
  EXPECT_LE(flow.broken_in(10), 3);
  EXPECT_EQ(flow.broken_in(kTenMinutes), 0);
  EXPECT_LE(flow.waiting(), 2 * kBlockFrames);
  EXPECT_EQ(flow.skipped(), 0U);
}

TEST(Playout, PacketsOfOtherLengthsNeverBreakEither) {
  for (const size_t packet : {120, 480, 1920, 2880, 5760}) {
    Flow flow(packet);
    flow.broken_in(20);
    EXPECT_EQ(flow.broken_in(kTenMinutes / 10), 0) << packet;
    EXPECT_EQ(flow.skipped(), 0U) << packet;
  }
}

TEST(Playout, AClockThatDriftsIsFollowedBothWays) {
  for (const double drift : {0.005, -0.005, 0.0001, -0.0001}) {
    Flow flow(kBlockFrames, drift);
    flow.broken_in(500);
    EXPECT_EQ(flow.broken_in(kTenMinutes), 0) << drift;
    EXPECT_LE(flow.waiting(), 3 * kBlockFrames) << drift;
    EXPECT_EQ(flow.skipped(), 0U) << drift;
  }
}

TEST(Playout, JitterIsLearned) {
  Flow flow(kBlockFrames);
  std::mt19937 random(3);
  std::uniform_real_distribution<double> late(0, 2.5 * kBlockFrames);
  const auto broken_in = [&](int blocks) {
    int broken = 0;
    for (int i = 0; i < blocks; ++i) {
      flow.set_late(late(random));
      broken += flow.block() ? 0 : 1;
    }
    return broken;
  };
  broken_in(1000);
  EXPECT_LE(broken_in(3000), 30);
}

TEST(Playout, WhatComesLateByMuchIsNotPlayed) {
  Flow flow(kBlockFrames);
  flow.broken_in(100);

  flow.set_late(50.0 * kBlockFrames);
  flow.broken_in(50);
  flow.set_late(0);
  flow.broken_in(5);

  EXPECT_GE(flow.skipped(), 40 * kBlockFrames);
  EXPECT_LE(flow.waiting(), 4 * kBlockFrames);
  EXPECT_EQ(flow.broken_in(1000), 0);
}

TEST(Playout, NeverKeepsMoreThanItsMost) {
  Flow flow(kBlockFrames, 0.2);  // a sender that is far too fast
  flow.broken_in(kTenMinutes / 10);
  EXPECT_LE(flow.longest(), 10 * kBlockFrames);
}

}  // namespace
}  // namespace kms::mix
