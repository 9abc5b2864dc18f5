// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/peer/layer_ids.hpp"

#include <gtest/gtest.h>

namespace kms::rtc {
namespace {

constexpr uint64_t kMillion = 1 << 20;

TEST(ConsumerIds, OfAPeerWithMillionsOfConsumersAreNotThoseOfTheNext) {
  EXPECT_NE(consumer_id(1, kMillion), consumer_id(2, 0));
  EXPECT_NE(consumer_id(1, kMillion + 1), consumer_id(2, 1));
  EXPECT_NE(consumer_id(1, 5000 * kMillion - 1), consumer_id(2, 5000 * kMillion - 1));
  EXPECT_NE(consumer_id(1, 1), 0U);
}

TEST(ConsumerIds, LeaveTheBitOfTheOtherLayerFree) {
  const auto id = consumer_id(UINT64_MAX, UINT64_MAX);

  EXPECT_NE(other_of(id), id);
  EXPECT_EQ(id & kOtherLayer, 0U);
  EXPECT_TRUE(is_same(other_of(id), id));
}

}  // namespace
}  // namespace kms::rtc
