// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtcp/nack_generator.hpp"

#include <gtest/gtest.h>

#include <array>

namespace kms::rtc {
namespace {

using namespace std::chrono_literals;

class NackGeneratorTest : public testing::Test {
 protected:
  std::vector<uint16_t> collect(Duration round_trip = 50ms) {
    std::array<uint16_t, 64> out;
    const size_t count = generator_.collect(now_, round_trip, out);
    return {out.begin(), out.begin() + static_cast<std::ptrdiff_t>(count)};
  }

  TimePoint now_{1000s};
  NackGenerator generator_;
};

TEST_F(NackGeneratorTest, AsksForAGapAtOnce) {
  generator_.on_packet(65534, now_);
  generator_.on_packet(1, now_);
  EXPECT_EQ(generator_.deadline(), now_);
  EXPECT_EQ(collect(), (std::vector<uint16_t>{65535, 0}));
}

TEST_F(NackGeneratorTest, AsksAgainOnceARoundTripIsOver) {
  generator_.on_packet(1, now_);
  generator_.on_packet(3, now_);
  collect();
  EXPECT_TRUE(collect().empty());
  EXPECT_EQ(generator_.deadline(), now_ + 50ms);
  now_ += 50ms;
  EXPECT_EQ(collect(1ms), std::vector<uint16_t>{2});
  now_ += 19ms;
  EXPECT_TRUE(collect().empty()) << "never more often than every 20 ms";
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
  for (int i = 0; i < 50; ++i, now_ += 50ms) asked += static_cast<int>(collect().size());
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
