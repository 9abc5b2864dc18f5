// SPDX-License-Identifier: Apache-2.0
#include "kms-core/graph/dominant_speaker.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace kms::graph {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// What each of those there does, in dBov; below -50 nothing is speech.
using Scene = std::map<std::string, float>;
constexpr float kTalks = -25;
constexpr float kIsQuiet = -70;

class TheFloor : public ::testing::Test {
 protected:
  // Goes on for so long. Gives how often the floor got another holder.
  int play(const Scene& scene, milliseconds lasts) {
    int changes = 0;
    for (auto left = lasts; left.count() > 0; left -= DominantSpeaker::kStep) {
      now_ += DominantSpeaker::kStep;
      changes += floor_.look(voices(scene), now_) ? 1 : 0;
    }
    return changes;
  }
  // Goes on until the holder is another one; gives how long that took, 10 s at most.
  milliseconds until_change(const Scene& scene) {
    for (milliseconds passed{100}; passed < seconds(10); passed += DominantSpeaker::kStep) {
      if (play(scene, DominantSpeaker::kStep) > 0) return passed;
    }
    return seconds(10);
  }
  std::string holder() const { return floor_.holder() ? floor_.holder()->element : ""; }

  static std::vector<DominantSpeaker::Voice> voices(const Scene& scene) {
    std::vector<DominantSpeaker::Voice> out;
    for (const auto& [name, dbov] : scene)
      out.push_back({{name, "audio"}, std::pow(10.0F, dbov / 10), dbov >= -50});
    return out;
  }

  DominantSpeaker floor_;
  rtc::TimePoint now_ = rtc::TimePoint{} + seconds(1000);
};

TEST_F(TheFloor, IsNobodysBeforeSomebodySpeaks) {
  EXPECT_EQ(play({{"a", kIsQuiet}, {"b", kIsQuiet}}, seconds(5)), 0);
  EXPECT_EQ(holder(), "");
  EXPECT_TRUE(floor_.at_rest());
}

TEST_F(TheFloor, InSilenceGoesToWhoSpeaksWithinHalfASecond) {
  play({{"a", kIsQuiet}, {"b", kIsQuiet}}, seconds(1));
  EXPECT_LE(until_change({{"a", kIsQuiet}, {"b", kTalks}}), milliseconds(400));
  EXPECT_EQ(holder(), "b");
}

TEST_F(TheFloor, GoesToWhoSpeaksSoftlyAsWell) {
  play({{"a", kIsQuiet}}, seconds(1));
  EXPECT_LE(until_change({{"a", -48}}), milliseconds(600));
}

TEST_F(TheFloor, IsNotGivenToACoughOrAClick) {
  play({{"a", kIsQuiet}}, seconds(1));
  EXPECT_EQ(play({{"a", -10}}, milliseconds(200)), 0);
  EXPECT_EQ(play({{"a", kIsQuiet}}, seconds(2)), 0);
}

TEST_F(TheFloor, IsNotGivenToTheFirstClickAfterALongRest) {
  play({{"a", kTalks}, {"b", kIsQuiet}}, seconds(2));
  play({{"a", kIsQuiet}, {"b", kIsQuiet}}, seconds(10));
  ASSERT_TRUE(floor_.at_rest());
  now_ += seconds(600);
  EXPECT_EQ(play({{"a", kIsQuiet}, {"b", -10}}, milliseconds(200)), 0);
  EXPECT_EQ(holder(), "a");
}

TEST_F(TheFloor, StaysInAPause) {
  play({{"a", kTalks}, {"b", kIsQuiet}}, seconds(3));
  EXPECT_EQ(play({{"a", kIsQuiet}, {"b", kIsQuiet}}, seconds(30)), 0);
  EXPECT_EQ(holder(), "a");
}

TEST_F(TheFloor, GoesToTheNextAfterAGoodHalfSecond) {
  play({{"a", kTalks}, {"b", kIsQuiet}}, seconds(20));
  const auto taken = until_change({{"a", kIsQuiet}, {"b", kTalks}});
  EXPECT_EQ(holder(), "b");
  EXPECT_GE(taken, milliseconds(500));
  EXPECT_LE(taken, milliseconds(1000));
}

TEST_F(TheFloor, StaysWhileAnotherSaysYesYes) {
  play({{"a", kTalks}, {"b", kIsQuiet}}, seconds(3));
  int changes = 0;
  for (int i = 0; i < 10; ++i) {
    changes += play({{"a", kTalks}, {"b", kTalks + 3}}, milliseconds(300));
    changes += play({{"a", kTalks}, {"b", kIsQuiet}}, milliseconds(700));
  }
  EXPECT_EQ(changes, 0);
}

TEST_F(TheFloor, StaysInTheShortPausesOfItsHolder) {
  play({{"a", kTalks}, {"b", kIsQuiet}}, seconds(3));
  int changes = 0;
  for (int i = 0; i < 10; ++i) {
    changes += play({{"a", kIsQuiet}, {"b", kTalks}}, milliseconds(300));
    changes += play({{"a", kTalks}, {"b", kIsQuiet}}, milliseconds(600));
  }
  EXPECT_EQ(changes, 0);
  EXPECT_EQ(holder(), "a");
}

TEST_F(TheFloor, OfTwoWhoSpeakAtOnceIsNotTossedAbout) {
  play({{"a", kTalks}, {"b", kIsQuiet}}, seconds(3));
  int changes = 0;
  for (int i = 0; i < 60; ++i) {
    const float swing = i % 2 == 0 ? 2 : -2;  // dB
    changes += play({{"a", kTalks + swing}, {"b", kTalks - swing}}, seconds(1));
  }
  EXPECT_EQ(changes, 0);
}

TEST_F(TheFloor, IsTakenByWhoIsClearlyLouder) {
  play({{"a", -35}, {"b", kIsQuiet}}, seconds(3));
  EXPECT_LE(until_change({{"a", -35}, {"b", -15}}), seconds(2));
  EXPECT_EQ(holder(), "b");
}

TEST_F(TheFloor, GoesFromOneToTheNextOfMany) {
  Scene all;
  for (const char* name : {"a", "b", "c", "d", "e"}) all[name] = kIsQuiet;
  std::vector<std::string> held;
  for (const char* name : {"c", "a", "e", "c"}) {
    auto scene = all;
    scene[name] = kTalks;
    EXPECT_EQ(play(scene, seconds(3)), 1) << name;
    held.push_back(holder());
  }
  EXPECT_EQ(held, (std::vector<std::string>{"c", "a", "e", "c"}));
}

TEST_F(TheFloor, IsNobodysWhenItsHolderHasGone) {
  play({{"a", kTalks}, {"b", kIsQuiet}}, seconds(3));
  EXPECT_EQ(play({{"b", kIsQuiet}}, milliseconds(100)), 1);
  EXPECT_EQ(holder(), "");
  EXPECT_EQ(play({{"b", kIsQuiet}}, seconds(5)), 0);
}

TEST_F(TheFloor, WhoeverElseGoesChangesNothing) {
  play({{"a", kTalks}, {"b", kIsQuiet}}, seconds(3));
  EXPECT_FALSE(floor_.keep([](const PortRef& one) { return one.element == "a"; }));
  EXPECT_EQ(holder(), "a");
  EXPECT_TRUE(floor_.keep([](const PortRef&) { return false; }));
  EXPECT_EQ(holder(), "");
}

TEST_F(TheFloor, IsAtRestSomeSecondsAfterTheLastWord) {
  play({{"a", 0}}, seconds(3));
  EXPECT_FALSE(floor_.at_rest());
  play({{"a", kIsQuiet}}, seconds(1));
  EXPECT_FALSE(floor_.at_rest());
  play({{"a", kIsQuiet}}, seconds(5));
  EXPECT_TRUE(floor_.at_rest());
}

// A loop that was held up looks late and sees what is now.
TEST_F(TheFloor, ALateLookDoesNotCountForAllTheTimeBefore) {
  play({{"a", kTalks}, {"b", kIsQuiet}}, seconds(3));
  now_ += seconds(5);
  EXPECT_EQ(play({{"a", kIsQuiet}, {"b", -10}}, milliseconds(100)), 0);
  EXPECT_EQ(holder(), "a");
}

}  // namespace
}  // namespace kms::graph
