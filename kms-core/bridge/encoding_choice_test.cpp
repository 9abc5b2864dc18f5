// SPDX-License-Identifier: Apache-2.0
#include "kms-core/bridge/encoding_choice.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace kms::bridge {
namespace {

using namespace std::chrono_literals;

class EncodingChoiceTest : public testing::Test {
 protected:
  size_t choose(size_t read, const rtc::PictureSize& wanted) {
    return choice_.choose(encodings_, read, wanted, now_);
  }

  // As a browser names them; what is named first need not be the smallest.
  std::vector<EncodingChoice::Encoding> encodings_{
      {{640, 360}, 600e3, true}, {{320, 180}, 150e3, true}, {{1280, 720}, 2e6, true}};
  EncodingChoice choice_;
  rtc::TimePoint now_ = rtc::TimePoint{} + 1000s;
};

TEST_F(EncodingChoiceTest, TakesTheSmallestThatSuffices) {
  EXPECT_EQ(choose(2, {160, 120}), 1u);
  EXPECT_EQ(choose(2, {320, 180}), 1u);
  EXPECT_EQ(choose(2, {400, 225}), 0u);
  EXPECT_EQ(choose(2, {360, 640}), 0u) << "whatever its shape";
  EXPECT_EQ(choose(2, {1920, 1080}), 2u) << "none suffices";
}

TEST_F(EncodingChoiceTest, WithoutAWishTakesTheLargest) {
  EXPECT_EQ(choose(1, {}), 2u);
  for (auto& each : encodings_) each.size = {};
  EXPECT_EQ(choose(1, {}), 2u) << "by what they take, where sizes are not known";
  EXPECT_EQ(choose(1, {320, 180}), 2u);
}

TEST_F(EncodingChoiceTest, LeavesWhatDoesNotComeAndReturnsAfterAWhile) {
  encodings_[2].comes = false;
  EXPECT_EQ(choose(2, {}), 0u);
  encodings_[2].comes = true;
  now_ += 1s;
  EXPECT_EQ(choose(0, {}), 0u);
  now_ += 4s;
  EXPECT_EQ(choose(0, {}), 2u);
}

TEST_F(EncodingChoiceTest, StaysWhereNothingComes) {
  for (auto& each : encodings_) each.comes = false;
  EXPECT_EQ(choose(0, {}), 0u);
}

TEST_F(EncodingChoiceTest, GivesUpOneThatDoesNotBeginForAWhile) {
  EXPECT_EQ(choose(0, {}), 2u);
  now_ += 1s;
  EXPECT_EQ(choose(0, {}), 2u);
  now_ += 2s;
  EXPECT_EQ(choose(0, {}), 0u);
  now_ += 5s;
  EXPECT_EQ(choose(0, {}), 2u);
  now_ += 1s;
  EXPECT_EQ(choose(2, {}), 2u) << "it has begun";
}

TEST_F(EncodingChoiceTest, WhatSufficesAndWhatIsSmallerIsUsefulAlsoWhereItDoesNotCome) {
  using Useful = std::vector<bool>;
  for (auto& each : encodings_) each.comes = false;
  EXPECT_EQ(EncodingChoice::useful(encodings_, {320, 180}), (Useful{false, true, false}));
  EXPECT_EQ(EncodingChoice::useful(encodings_, {400, 225}), (Useful{true, true, false}));
  EXPECT_EQ(EncodingChoice::useful(encodings_, {}), (Useful{true, true, true}));
  encodings_[2].size = {};
  EXPECT_EQ(EncodingChoice::useful(encodings_, {320, 180}), (Useful{false, true, true})) << "it may suffice";
}

}  // namespace
}  // namespace kms::bridge
