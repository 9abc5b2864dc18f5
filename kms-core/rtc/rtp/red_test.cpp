// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtp/red.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace kms::rtc {
namespace {

using Payload = std::vector<uint8_t>;

// Two earlier blocks, 1,920 and 960 ticks back, of three and two bytes, and a primary one of four.
Payload three_blocks() {
  return {0xef, 0x1e, 0x00, 0x03, 0xef, 0x0f, 0x00, 0x02, 0x6f, 'a', 'b', 'c', 'd', 'e', 'p', 'q', 'r', 's'};
}

TEST(Red, SaysWhereItsBlocksAreAndOfWhen) {
  const auto payload = three_blocks();

  const auto blocks = read_red(payload, 111);

  ASSERT_TRUE(blocks);
  ASSERT_EQ(blocks->count, 2u);
  EXPECT_EQ(blocks->earlier[0].ticks_back, 1920);
  EXPECT_EQ(blocks->earlier[0].size, 3);
  EXPECT_EQ(payload[blocks->earlier[0].at], 'a');
  EXPECT_EQ(blocks->earlier[1].ticks_back, 960);
  EXPECT_EQ(blocks->earlier[1].size, 2);
  EXPECT_EQ(payload[blocks->earlier[1].at], 'd');
  EXPECT_EQ(payload[blocks->primary_at], 'p');
}

TEST(Red, MayRepeatNothing) {
  const auto blocks = read_red(Payload{111, 'p'}, 111);
  ASSERT_TRUE(blocks);
  EXPECT_EQ(blocks->count, 0u);
  EXPECT_EQ(blocks->primary_at, 1);
}

TEST(Red, WhatIsCutOffIsNone) {
  const auto payload = three_blocks();
  for (size_t size = 0; size + 3 < payload.size(); ++size)
    EXPECT_FALSE(read_red(Bytes(payload).first(size), 111)) << size;
  EXPECT_TRUE(read_red(Bytes(payload).first(payload.size() - 3), 111)) << "a primary block of one byte";
}

TEST(Red, OfAnotherPayloadTypeIsNone) {
  EXPECT_FALSE(read_red(three_blocks(), 110));
  auto mixed = three_blocks();
  mixed[4] = 0x80 | 110;
  EXPECT_FALSE(read_red(mixed, 111));
  mixed = three_blocks();
  mixed[8] = 110;
  EXPECT_FALSE(read_red(mixed, 111));
}

TEST(Red, HasABoundedNumberOfBlocks) {
  const auto with = [](size_t blocks) {
    Payload payload;
    for (size_t i = 0; i < blocks; ++i) payload.insert(payload.end(), {0x80 | 111, 0, 0, 0});
    payload.insert(payload.end(), {111, 'p'});
    return payload;
  };
  EXPECT_TRUE(read_red(with(RedBlocks::kMost), 111));
  EXPECT_FALSE(read_red(with(RedBlocks::kMost + 1), 111));
}

TEST(Red, IsRenamedAndNothingElseChanges) {
  auto payload = three_blocks();
  rename_red(payload, 96);

  ASSERT_TRUE(read_red(payload, 96));
  rename_red(payload, 111);
  EXPECT_EQ(payload, three_blocks());
}

}  // namespace
}  // namespace kms::rtc
