// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/peer/rise_patience.hpp"

#include <gtest/gtest.h>

namespace kms::rtc {
namespace {

using namespace std::chrono_literals;

class Patience : public testing::Test {
 protected:
  // A rise that does not last, and how long it takes until the next one, with that much room.
  Duration wait_after_a_mistake(bool clear) {
    patience_.on_rise(now_);
    patience_.on_fall(now_ += 2s);
    return wait(clear);
  }
  Duration wait(bool clear) {
    const auto from = now_;
    for (; !patience_.may_rise(now_); now_ += 100ms) patience_.note_room(clear, now_);
    return now_ - from;
  }

  TimePoint now_{1000s};
  RisePatience patience_;
};

TEST_F(Patience, NobodyWaitsWhoHasNotFallen) { EXPECT_TRUE(patience_.may_rise(now_)); }

TEST_F(Patience, WaitsLongerAfterEachRiseThatDidNotLast) {
  for (const auto expected : {4s, 8s, 16s, 32s, 32s}) EXPECT_EQ(wait_after_a_mistake(false), expected);
}

TEST_F(Patience, ARiseThatLastedForgetsThoseThatDidNot) {
  for (int i = 0; i < 4; ++i) wait_after_a_mistake(false);
  patience_.on_rise(now_);
  patience_.on_fall(now_ += 11s);
  EXPECT_EQ(wait(false), 4s);
}

TEST_F(Patience, ALongWaitEndsWhereThereIsClearlyRoomForAWhile) {
  for (int i = 0; i < 3; ++i) wait_after_a_mistake(false);
  EXPECT_LE(wait_after_a_mistake(true), 8100ms) << "of 32";
}

TEST_F(Patience, RoomThatComesAndGoesEndsNoWait) {
  for (int i = 0; i < 3; ++i) wait_after_a_mistake(false);
  patience_.on_rise(now_);
  patience_.on_fall(now_ += 2s);
  for (int i = 0; i < 300; ++i) {
    patience_.note_room(i % 50 != 0, now_ += 100ms);
    EXPECT_FALSE(patience_.may_rise(now_));
  }
}

TEST_F(Patience, WaitsWhenNoKeyFrameCame) {
  patience_.on_rise(now_);
  patience_.on_failure(now_);
  EXPECT_EQ(wait(false), 4s);
}

}  // namespace
}  // namespace kms::rtc
