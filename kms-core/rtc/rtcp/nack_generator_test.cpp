// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtcp/nack_generator.hpp"

#include <gtest/gtest.h>

#include <array>

namespace kms::rtc {
namespace {

using namespace std::chrono_literals;

class NackGeneratorTest : public testing::Test {
 protected:
  std::vector<uint16_t> collect() {
    std::array<uint16_t, 64> out;
    const size_t count = generator_.collect(now_, out);
    return {out.begin(), out.begin() + static_cast<std::ptrdiff_t>(count)};
  }

  // The packet that comes next is lost, asked for, and repaired after that time.
  void answer(Duration took) {
    generator_.on_packet(next_, now_);
    const auto lost = static_cast<uint16_t>(next_ + 1);
    next_ = static_cast<uint16_t>(next_ + 2);
    generator_.on_packet(next_, now_);
    collect();
    now_ += took;
    generator_.on_packet(lost, now_, true);
  }

  // After a first request of what is just missed.
  Duration interval() {
    generator_.on_packet(next_, now_);
    next_ = static_cast<uint16_t>(next_ + 2);
    generator_.on_packet(next_, now_);
    collect();
    const auto found = generator_.deadline() - now_;
    generator_.on_packet(static_cast<uint16_t>(next_ - 1), now_);
    return found;
  }

  TimePoint now_{1000s};
  uint16_t next_ = 1;
  NackGenerator generator_;
};

TEST_F(NackGeneratorTest, AsksForAGapAtOnce) {
  generator_.on_packet(65534, now_);
  generator_.on_packet(1, now_);
  EXPECT_EQ(generator_.deadline(), now_);
  EXPECT_EQ(collect(), (std::vector<uint16_t>{65535, 0}));
}

TEST_F(NackGeneratorTest, AsksAgainOnceAnAnswerCouldHaveCome) {
  generator_.on_packet(1, now_);
  generator_.on_packet(3, now_);
  collect();
  EXPECT_TRUE(collect().empty());
  EXPECT_EQ(generator_.deadline(), now_ + 75ms) << "not known yet: 60 ms and a quarter";
  now_ += 75ms;
  EXPECT_EQ(collect(), std::vector<uint16_t>{2});
}

TEST_F(NackGeneratorTest, SeesHowLongAnswersTake) {
  answer(100ms);
  EXPECT_EQ(interval(), 125ms);
  for (int i = 0; i < 8; ++i) answer(2ms);
  EXPECT_EQ(interval(), NackGenerator::kLeastInterval) << "never more often";
  answer(500ms);
  EXPECT_EQ(interval(), NackGenerator::kLeastInterval) << "one was lost";
}

TEST_F(NackGeneratorTest, DoesNotWaitLongerAndLongerForWhoAnswersLate) {
  for (int i = 0; i < 8; ++i) answer(4s);
  EXPECT_EQ(interval(), NackGenerator::kLongestAnswer + NackGenerator::kLongestAnswer / 4);
}

TEST_F(NackGeneratorTest, TakesALateOriginalForNoAnswer) {
  generator_.on_packet(1, now_);
  generator_.on_packet(3, now_);
  collect();
  now_ += 1ms;
  generator_.on_packet(2, now_);
  next_ = 4;
  EXPECT_EQ(interval(), 75ms);
}

TEST_F(NackGeneratorTest, WaitsLongerAfterManyTries) {
  for (int i = 0; i < 8; ++i) answer(16ms);
  next_ += 2;
  generator_.on_packet(next_, now_);
  std::vector<Duration> waited;
  for (int i = 1; i < NackGenerator::kMaxTries; ++i) {
    collect();
    waited.push_back(generator_.deadline() - now_);
    now_ = generator_.deadline();
  }
  EXPECT_EQ(waited, (std::vector<Duration>{20ms, 20ms, 20ms, 20ms, 20ms, 40ms, 80ms, 160ms, 320ms}));
}

TEST_F(NackGeneratorTest, ForgetsWhatArrives) {
  generator_.on_packet(1, now_);
  generator_.on_packet(5, now_);
  generator_.on_packet(3, now_);
  EXPECT_EQ(collect(), (std::vector<uint16_t>{2, 4}));
  generator_.on_packet(2, now_);
  generator_.on_packet(4, now_);
  EXPECT_EQ(generator_.missing(), 0u);
  EXPECT_EQ(generator_.deadline(), TimePoint::max());
}

TEST_F(NackGeneratorTest, GivesUpAfterItsTries) {
  generator_.on_packet(1, now_);
  generator_.on_packet(3, now_);
  int asked = 0;
  for (int i = 0; i < 50; ++i, now_ += 500ms) asked += static_cast<int>(collect().size());
  EXPECT_EQ(asked, NackGenerator::kMaxTries);
  EXPECT_EQ(generator_.missing(), 0u);
  EXPECT_EQ(generator_.given_up(), 1u);
}

TEST_F(NackGeneratorTest, AsksForAKeyFrameWhenTooMuchIsMissing) {
  generator_.on_packet(1, now_);
  EXPECT_FALSE(generator_.on_packet(2 + NackGenerator::kMaxMissing, now_)) << "just within";
  EXPECT_EQ(generator_.missing(), NackGenerator::kMaxMissing);
  EXPECT_TRUE(generator_.on_packet(4 + NackGenerator::kMaxMissing, now_));
  EXPECT_EQ(generator_.missing(), 0u);
  EXPECT_TRUE(collect().empty());
}

TEST_F(NackGeneratorTest, IsBoundedWhateverComes) {
  for (uint32_t i = 0; i < 100'000; ++i) {
    generator_.on_packet(static_cast<uint16_t>(i * 7919), now_);
    ASSERT_LE(generator_.missing(), NackGenerator::kMaxMissing);
  }
}

TEST_F(NackGeneratorTest, AsksForNoMoreThanFits) {
  generator_.on_packet(1, now_);
  generator_.on_packet(202, now_);
  EXPECT_EQ(collect().size(), 64u);
  EXPECT_EQ(collect().front(), 66) << "the rest the next time";
}

}  // namespace
}  // namespace kms::rtc
