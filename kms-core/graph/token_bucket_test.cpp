// SPDX-License-Identifier: Apache-2.0
#include "kms-core/graph/token_bucket.hpp"

#include <gtest/gtest.h>

namespace kms::graph {
namespace {

using namespace std::chrono_literals;

TEST(TokenBucket, GivesABurstThenTheRate) {
  TokenBucket bucket(10);
  TokenBucket::Time now = TokenBucket::Time() + 1h;

  int burst = 0;
  while (bucket.take(1, now)) ++burst;
  EXPECT_EQ(burst, 20);

  now += 500ms;
  int after_half_a_second = 0;
  while (bucket.take(1, now)) ++after_half_a_second;
  EXPECT_EQ(after_half_a_second, 5);
}

TEST(TokenBucket, LendsToACountBeyondItsSizeOnlyWhenFull) {
  TokenBucket bucket(1);
  TokenBucket::Time now = TokenBucket::Time() + 1h;
  EXPECT_TRUE(bucket.take(10, now));
  EXPECT_FALSE(bucket.take(1, now + 8s));
  EXPECT_TRUE(bucket.take(1, now + 9s));
}

TEST(TokenBucket, TakesNothingWhenItRefuses) {
  TokenBucket bucket(1);
  TokenBucket::Time now = TokenBucket::Time() + 1h;
  EXPECT_TRUE(bucket.take(1, now));
  EXPECT_FALSE(bucket.take(2, now));
  EXPECT_TRUE(bucket.take(1, now));
}

}  // namespace
}  // namespace kms::graph
