// SPDX-License-Identifier: Apache-2.0
#include "kms-core/bridge/jitter_buffer.hpp"

#include <gtest/gtest.h>

#include "kms-core/rtc/forwarding/packet_pool.hpp"

namespace kms::bridge {
namespace {

using std::chrono::milliseconds;

class JitterBufferTest : public testing::Test {
 protected:
  void put(uint64_t index) {
    auto packet = pool_.acquire();
    packet->index = index;
    buffer_.put(std::move(packet), now_);
  }
  // What comes out now: indices, "lost N" before a packet behind a gap, "anew" before a new beginning.
  std::string out(milliseconds patience = milliseconds(100)) {
    std::string text;
    for (JitterBuffer::Next next; buffer_.pop(next, now_, patience);) {
      if (next.anew) text += "anew ";
      if (next.lost > 0) text += "lost " + std::to_string(next.lost) + " ";
      text += std::to_string(next.packet->index) + " ";
    }
    return text;
  }
  void pass(int ms) { now_ += milliseconds(ms); }

  rtc::PacketPool pool_{4096};
  rtc::TimePoint now_{milliseconds(5000)};
  JitterBuffer buffer_{{milliseconds(100), 64}};
};

TEST_F(JitterBufferTest, WhatIsInOrderPassesAtOnce) {
  for (uint64_t i = 65530; i < 65545; ++i) {
    put(i);
    EXPECT_EQ(out(), std::to_string(i) + " ");
    EXPECT_FALSE(buffer_.deadline());
  }
  EXPECT_EQ(buffer_.stats().packets, 15U);
  EXPECT_EQ(buffer_.stats().lost, 0U);
}

TEST_F(JitterBufferTest, PutsInOrderWhatIsNot) {
  put(1);
  EXPECT_EQ(out(), "1 ");
  put(4);
  put(3);
  EXPECT_EQ(out(), "");
  pass(99);
  EXPECT_EQ(out(), "");
  put(2);
  EXPECT_EQ(out(), "2 3 4 ");
  EXPECT_FALSE(buffer_.deadline());
  EXPECT_EQ(buffer_.stats().lost, 0U);
}

TEST_F(JitterBufferTest, AGapWaitsFromItsDiscoveryAndIsThenGivenUp) {
  put(1);
  out();
  put(4);
  const auto discovered = now_;
  EXPECT_EQ(out(), "");
  pass(60);
  put(5);
  EXPECT_EQ(out(), "");
  EXPECT_EQ(buffer_.deadline(), discovered + milliseconds(100));
  pass(40);
  EXPECT_EQ(out(), "lost 2 4 5 ");
  EXPECT_EQ(buffer_.stats().lost, 2U);

  put(3);
  EXPECT_EQ(out(), "");
  EXPECT_EQ(buffer_.stats().late, 1U);
  put(6);
  EXPECT_EQ(out(), "6 ");
}

TEST_F(JitterBufferTest, EachGapHasItsOwnTime) {
  put(1);
  out();
  put(3);
  EXPECT_EQ(out(), "");
  pass(60);
  put(5);
  pass(40);
  EXPECT_EQ(out(), "lost 1 3 ");
  pass(59);
  EXPECT_EQ(out(), "");
  pass(1);
  EXPECT_EQ(out(), "lost 1 5 ");
}

TEST_F(JitterBufferTest, WaitsForNothingWithoutPatience) {
  put(1);
  out();
  put(3);
  EXPECT_EQ(out(milliseconds(0)), "lost 1 3 ");
}

TEST_F(JitterBufferTest, TakesNothingTwice) {
  put(1);
  out();
  put(3);
  put(3);
  put(2);
  EXPECT_EQ(out(), "2 3 ");
}

TEST_F(JitterBufferTest, ASourceThatBeginsAnewIsNoLossStorm) {
  put(1000);
  out();
  put(50000);
  EXPECT_EQ(out(), "anew 50000 ");
  put(50001);
  EXPECT_EQ(out(), "50001 ");
  put(7);
  EXPECT_EQ(out(), "anew 7 ");
  EXPECT_EQ(buffer_.stats().lost, 0U);
}

TEST_F(JitterBufferTest, KeepsNoMoreThanItMay) {
  put(0);
  out();
  for (uint64_t i = 2; i < 33; ++i) {
    put(i);
    ASSERT_EQ(i < 32 ? "" : "lost 1 ", out().substr(0, 7)) << i;
  }
  for (uint64_t i = 34; i < 10000; i += 2) {
    put(i);
    out();
    ASSERT_LT(pool_.size(), 200U);
  }
}

TEST_F(JitterBufferTest, SurvivesAnyOrder) {
  uint64_t state = 1;
  uint64_t before = 0;
  for (int i = 0; i < 20000; ++i) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    put(state >> 33 & (i % 1000 == 0 ? 0xffffffU : 0x3fU));
    JitterBuffer::Next next;
    while (buffer_.pop(next, now_)) {
      ASSERT_TRUE(next.anew || next.packet->index >= before) << i;
      before = next.packet->index;
    }
    pass(static_cast<int>(state % 7));
  }
}

}  // namespace
}  // namespace kms::bridge
