// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtp/sequence_unwrapper.hpp"

#include <gtest/gtest.h>

namespace kms::rtc {
namespace {

TEST(SequenceUnwrapper, CountsOnThroughTheWrap) {
  SequenceUnwrapper<uint16_t> unwrapper;
  EXPECT_EQ(unwrapper.unwrap(65534), 65534);
  EXPECT_EQ(unwrapper.unwrap(65535), 65535);
  EXPECT_EQ(unwrapper.unwrap(0), 65536);
  EXPECT_EQ(unwrapper.unwrap(1), 65537);
}

TEST(SequenceUnwrapper, PlacesLatePacketsBeforeTheHighest) {
  SequenceUnwrapper<uint16_t> unwrapper;
  unwrapper.unwrap(65535);
  unwrapper.unwrap(3);
  EXPECT_EQ(unwrapper.unwrap(65530), 65530);
  EXPECT_EQ(unwrapper.highest(), 65539);
}

TEST(SequenceUnwrapper, MayGoBelowZeroAtTheStart) {
  SequenceUnwrapper<uint16_t> unwrapper;
  unwrapper.unwrap(2);
  EXPECT_EQ(unwrapper.unwrap(65535), -1);
}

TEST(SequenceUnwrapper, KeepsUpWithManyRounds) {
  SequenceUnwrapper<uint16_t> unwrapper;
  for (int64_t index = 0; index < 1'000'000; index += 1'000) {
    ASSERT_EQ(unwrapper.unwrap(static_cast<uint16_t>(index)), index);
  }
}

TEST(SequenceUnwrapper, UnwrapsTimeStamps) {
  SequenceUnwrapper<uint32_t> unwrapper;
  EXPECT_EQ(unwrapper.unwrap(0xffffff00u), 0xffffff00);
  EXPECT_EQ(unwrapper.unwrap(0x100u), 0x100000100);
}

TEST(UnwrapNear, TakesTheNearestIndex) {
  EXPECT_EQ(unwrap_near(int64_t{65536}, uint16_t{65535}), 65535);
  EXPECT_EQ(unwrap_near(int64_t{65535}, uint16_t{0}), 65536);
  EXPECT_EQ(unwrap_near(int64_t{0}, uint16_t{32767}), 32767);
  EXPECT_EQ(unwrap_near(int64_t{0}, uint16_t{40000}), 40000 - 65536);
}

}  // namespace
}  // namespace kms::rtc
