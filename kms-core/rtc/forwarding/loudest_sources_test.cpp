// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/forwarding/loudest_sources.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace kms::rtc {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr uint8_t kVoiceFlag = 0x80;
constexpr uint8_t kTalks = kVoiceFlag | 30;  // dB below 0 dBov
constexpr uint8_t kIsQuiet = kVoiceFlag | 80;

constexpr milliseconds kPacket{20};

// Somebody with a microphone: says with a packet every 20 ms how loud it is.
struct Source {
  explicit Source(const std::shared_ptr<LoudestSources>& group) : candidate(group) {}
  bool say(uint8_t byte, TimePoint now) {
    meter.on_packet(byte, timestamp += 960, now);
    return heard = candidate.is_heard(meter, now);
  }
  AudioLevel level;
  AudioLevelMeter meter{level, 48'000};
  LoudestSources::Candidate candidate;
  uint32_t timestamp = 0;
  bool heard = false;
};

class Loudest : public ::testing::Test {
 protected:
  void meet(size_t seats, size_t people) {
    group_ = std::make_shared<LoudestSources>(seats);
    for (size_t i = 0; i < people; ++i) sources_.push_back(std::make_unique<Source>(group_));
  }
  // All send for so long, each as loud as is said; those that are not named are quiet. Gives who is in the
  // seats at the end, "02" the first and the third.
  std::string play(milliseconds lasts, const std::map<size_t, uint8_t>& says = {}) {
    for (auto left = lasts; left.count() > 0; left -= kPacket) {
      now_ += kPacket;
      for (size_t i = 0; i < sources_.size(); ++i) {
        const auto said = says.find(i);
        sources_[i]->say(said == says.end() ? kIsQuiet : said->second, now_);
      }
      EXPECT_LE(seated().size(), most_);
    }
    return seated();
  }
  std::string seated() const {
    std::string out;
    for (size_t i = 0; i < sources_.size(); ++i) {
      if (sources_[i]->candidate.has_seat()) out += std::to_string(i);
    }
    return out;
  }

  size_t most_ = 100;
  std::shared_ptr<LoudestSources> group_;
  std::vector<std::unique_ptr<Source>> sources_;
  TimePoint now_ = TimePoint{} + seconds(1000);
};

TEST_F(Loudest, OfSoManyAsAreHeardNobodyIsLeftOut) {
  meet(3, 3);
  EXPECT_EQ(play(kPacket), "012");
  EXPECT_EQ(play(seconds(10), {{0, kTalks}}), "012");
}

TEST_F(Loudest, WhoBeginsToSpeakIsHeardWithTheFirstPacketWhenAnotherIsSilent) {
  meet(2, 4);
  EXPECT_EQ(play(seconds(3)), "01");
  EXPECT_EQ(play(kPacket, {{3, kTalks}}).substr(1), "3");
  EXPECT_TRUE(sources_[3]->heard);
}

TEST_F(Loudest, WhoLosesHisSeatIsHeardForOnePacketAtMost) {
  meet(1, 2);
  play(seconds(3));
  play(kPacket, {{1, kTalks}});
  EXPECT_TRUE(sources_[0]->heard) << "he sent his before the other one spoke";
  play(kPacket, {{1, kTalks}});
  EXPECT_FALSE(sources_[0]->heard);
}

TEST_F(Loudest, TheSeatThatGoesIsThatOfWhoIsSilentForLongest) {
  meet(2, 3);
  play(seconds(2), {{0, kTalks}, {1, kTalks}});
  play(seconds(2), {{1, kTalks}});
  EXPECT_EQ(play(milliseconds(1200)), "01");
  EXPECT_EQ(play(kPacket, {{2, kTalks}}), "12");
}

TEST_F(Loudest, SilenceTakesNobodysSeat) {
  meet(1, 3);
  play(milliseconds(500), {{0, kTalks}});
  EXPECT_EQ(play(seconds(60)), "0");
}

TEST_F(Loudest, APauseBetweenTwoWordsTakesNobodysSeat) {
  meet(1, 2);
  play(seconds(2), {{0, kTalks}});
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(play(milliseconds(800), {{1, kTalks}}), "0");
    EXPECT_EQ(play(milliseconds(300), {{0, kTalks}, {1, kTalks}}), "0");
  }
}

TEST_F(Loudest, OfAllThatSpeakTheLoudestAreHeard) {
  meet(2, 4);
  play(seconds(2), {{0, kVoiceFlag | 45}, {1, kVoiceFlag | 20}});
  EXPECT_EQ(play(seconds(4),
                 {{0, kVoiceFlag | 45}, {1, kVoiceFlag | 20}, {2, kVoiceFlag | 25}, {3, kVoiceFlag | 47}}),
            "12");
}

TEST_F(Loudest, WhoIsHardlyLouderDoesNotGetIn) {
  meet(1, 2);
  play(seconds(2), {{0, kVoiceFlag | 30}});
  EXPECT_EQ(play(seconds(30), {{0, kVoiceFlag | 30}, {1, kVoiceFlag | 26}}), "0");
}

TEST_F(Loudest, WhoHasJustBeenLetInStaysForTwoSeconds) {
  meet(1, 2);
  play(seconds(3));
  ASSERT_EQ(play(kPacket, {{1, kVoiceFlag | 40}}), "1");
  EXPECT_EQ(play(milliseconds(1900), {{0, kVoiceFlag | 10}, {1, kVoiceFlag | 40}}), "1");
  EXPECT_EQ(play(milliseconds(300), {{0, kVoiceFlag | 10}, {1, kVoiceFlag | 40}}), "0");
}

TEST_F(Loudest, WhoLeavesMakesRoom) {
  meet(1, 2);
  EXPECT_EQ(play(seconds(1), {{0, kTalks}}), "0");
  sources_[0]->candidate.leave();
  sources_[1]->say(kIsQuiet, now_);
  EXPECT_TRUE(sources_[1]->heard);
  sources_.pop_back();  // and who is gone altogether
  EXPECT_TRUE(sources_[0]->say(kIsQuiet, now_));
}

TEST_F(Loudest, WhoSendsNothingAnyMoreIsSilent) {
  meet(1, 2);
  play(seconds(1), {{0, kTalks}});
  now_ += seconds(2);
  EXPECT_TRUE(sources_[1]->say(kTalks, now_));
  EXPECT_FALSE(sources_[0]->say(kTalks, now_));
}

TEST_F(Loudest, NeverMoreThanThereAreSeatsWhoeverSpeaks) {
  meet(3, 8);
  most_ = 3;
  uint32_t random = 1;
  for (int turn = 0; turn < 300; ++turn) {
    std::map<size_t, uint8_t> says;
    for (size_t i = 0; i < sources_.size(); ++i) {
      random = random * 1664525 + 1013904223;
      says[i] = static_cast<uint8_t>(random >> 24);
    }
    play(milliseconds(200), says);
  }
}

// Each source is on a thread of its own.
TEST_F(Loudest, ThreadsThatWantOneSeatGetItOneAtATime) {
  meet(2, 4);
  std::vector<std::thread> threads;
  for (auto& source : sources_) {
    threads.emplace_back([&source, now = now_]() mutable {
      for (int i = 0; i < 20'000; ++i) source->say(i / 200 % 2 == 0 ? kTalks : kIsQuiet, now += kPacket);
    });
  }
  for (auto& thread : threads) thread.join();
  now_ += seconds(1000);
  play(kPacket);
  EXPECT_EQ(play(kPacket).size(), 2U);
}

}  // namespace
}  // namespace kms::rtc
