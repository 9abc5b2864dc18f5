// SPDX-License-Identifier: Apache-2.0
#include "kms-core/mix/loudest.hpp"

#include <gtest/gtest.h>

namespace kms::mix {
namespace {

// Hears the same for a while.
void hear(Loudest& loudest, const std::vector<Loudest::Heard>& inputs, int blocks) {
  for (int i = 0; i < blocks; ++i) loudest.hear(inputs);
}

std::vector<uint64_t> chosen(const Loudest& loudest, uint64_t inputs) {
  std::vector<uint64_t> out;
  for (uint64_t i = 0; i < inputs; ++i) {
    if (loudest.chosen(i)) out.push_back(i);
  }
  return out;
}

using Ids = std::vector<uint64_t>;

TEST(Loudest, ThoseAreChosenWhoAreLoudest) {
  Loudest loudest({.most = 3});
  std::vector<Loudest::Heard> room;
  for (uint64_t i = 0; i < 200; ++i)
    room.push_back({i, static_cast<uint8_t>(i % 7 == 0 && i < 15 ? 20 : 50)});
  hear(loudest, room, 100);
  EXPECT_EQ(chosen(loudest, 200), (Ids{0, 7, 14}));
}

TEST(Loudest, WhoIsQuietIsNotHeardAtAll) {
  Loudest loudest({.quiet = 60});
  hear(loudest, {{0, 30}, {1, 61}, {2, kSilent}}, 50);
  EXPECT_EQ(chosen(loudest, 3), (Ids{0}));
}

TEST(Loudest, WithoutALimitEveryoneWhoIsLoudIsHeardAtOnce) {
  Loudest loudest({});
  hear(loudest, {{0, 30}, {1, 40}, {2, 59}}, 1);
  EXPECT_EQ(chosen(loudest, 3), (Ids{0, 1, 2}));
}

TEST(Loudest, APauseBetweenWordsChangesNothing) {
  Loudest loudest({.most = 1});
  hear(loudest, {{0, 30}, {1, kSilent}}, 100);
  hear(loudest, {{0, kSilent}, {1, kSilent}}, 40);
  EXPECT_TRUE(loudest.chosen(0));
  hear(loudest, {{0, kSilent}, {1, kSilent}}, 100);
  EXPECT_FALSE(loudest.chosen(0));
}

TEST(Loudest, SomebodyALittleLouderTakesNoPlaceAndSomebodyMuchLouderDoes) {
  Loudest loudest({.most = 1});
  hear(loudest, {{0, 40}, {1, kSilent}}, 100);
  hear(loudest, {{0, 40}, {1, 36}}, 100);
  EXPECT_EQ(chosen(loudest, 2), (Ids{0}));
  hear(loudest, {{0, 40}, {1, 20}}, 50);
  EXPECT_EQ(chosen(loudest, 2), (Ids{1}));
}

TEST(Loudest, TheSpeakerChangesForSpeechAndNotForACough) {
  Loudest loudest({});
  EXPECT_FALSE(loudest.speaker());
  hear(loudest, {{0, 40}, {1, kSilent}}, 50);
  EXPECT_EQ(loudest.speaker(), 0U);

  hear(loudest, {{0, 40}, {1, 10}}, 8);
  hear(loudest, {{0, 40}, {1, kSilent}}, 100);
  EXPECT_EQ(loudest.speaker(), 0U);

  hear(loudest, {{0, kSilent}, {1, 30}}, 100);
  EXPECT_EQ(loudest.speaker(), 1U);
}

TEST(Loudest, TheSpeakerStaysWhenAllAreSilentAndGoesWhenHeLeaves) {
  Loudest loudest({});
  hear(loudest, {{0, 40}, {1, 90}}, 50);
  hear(loudest, {{0, kSilent}, {1, kSilent}}, 1000);
  EXPECT_EQ(loudest.speaker(), 0U);
  hear(loudest, {{1, kSilent}}, 1);
  EXPECT_FALSE(loudest.speaker());
}

TEST(Loudest, NobodyIsNobody) {
  Loudest loudest({.most = 3});
  hear(loudest, {}, 3);
  EXPECT_FALSE(loudest.speaker());
  EXPECT_FALSE(loudest.chosen(0));
}

}  // namespace
}  // namespace kms::mix
