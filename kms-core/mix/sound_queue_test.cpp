// SPDX-License-Identifier: Apache-2.0
#include "kms-core/mix/sound_queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "tests/support/ear.hpp"

namespace kms::mix {
namespace {

using kms::test::tone;
using kms::test::tone_db;

TEST(SoundQueue, GivesWhatWasPutIn) {
  SoundQueue queue(1);
  const auto in = tone(440, 3 * kBlockFrames);
  queue.push(in.data(), in.size());
  Block out;
  queue.read(kBlockFrames, out);
  queue.read(kBlockFrames, out);
  EXPECT_TRUE(std::equal(out.begin(), out.end(), in.begin() + kBlockFrames));
  EXPECT_EQ(queue.frames(), kBlockFrames);
}

TEST(SoundQueue, StretchedAndSqueezedSoundIsCleanAndFollowsItself) {
  for (const size_t frames : {950, 957, 963, 970}) {
    SoundQueue queue(1);
    const auto in = tone(1000, 120 * kBlockFrames);
    queue.push(in.data(), in.size());
    Block out;
    std::vector<int16_t> all;
    for (int i = 0; i < 100; ++i) {
      queue.read(frames, out);
      if (i > 0) all.insert(all.end(), out.begin(), out.end());
    }
    const double hz = 1000.0 * static_cast<double>(frames) / kBlockFrames;
    EXPECT_NEAR(tone_db(all, hz), -6, 0.5) << frames;
    EXPECT_LT(tone_db(all, hz + 300), -60) << frames;
    EXPECT_LT(tone_db(all, 50), -60) << "clicks, once per block";
    EXPECT_EQ(queue.frames(), 120 * kBlockFrames - 100 * frames);
  }
}

int steepest(const Block& block) {
  int most = 0;
  for (size_t i = 1; i < block.size(); ++i) most = std::max(most, std::abs(block[i] - block[i - 1]));
  return most;
}

TEST(SoundQueue, BeginsAndBreaksOffSoftly) {
  SoundQueue queue(1);
  const std::vector<int16_t> loud(kBlockFrames + 500, 20000);
  queue.push(loud.data(), loud.size());
  Block first;
  queue.read(kBlockFrames, first);
  EXPECT_EQ(first.front(), 0);
  EXPECT_LE(steepest(first), 100);
  Block last;
  queue.read(kBlockFrames, last);
  EXPECT_EQ(last.front(), 20000);
  EXPECT_EQ(last.back(), 0);
  EXPECT_LE(steepest(last), 100);
  EXPECT_EQ(queue.frames(), 0U);
}

TEST(SoundQueue, WhatFollowsAHoleBeginsSoftly) {
  SoundQueue queue(2);
  const std::vector<int16_t> loud(2 * 3 * kBlockFrames, -20000);
  queue.push(loud.data(), 3 * kBlockFrames);
  Block out;
  queue.read(kBlockFrames, out);
  queue.drop(100);
  queue.read(kBlockFrames, out);
  EXPECT_EQ(out[0], 0);
  EXPECT_EQ(out[1], 0);
  EXPECT_LT(out.back(), -19000);
}

TEST(SoundQueue, AnEmptyOneGivesSilence) {
  SoundQueue queue(1);
  Block out;
  queue.read(kBlockFrames, out);
  EXPECT_EQ(out, Block(kBlockFrames, 0));
}

}  // namespace
}  // namespace kms::mix
