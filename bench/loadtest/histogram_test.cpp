// SPDX-License-Identifier: Apache-2.0
#include "bench/loadtest/histogram.hpp"

#include <gtest/gtest.h>

namespace kms::rtc::loadtest {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;

TEST(Histogram, OfNothingHasNoPercentiles) {
  const Histogram none;

  EXPECT_EQ(none.count(), 0u);
  EXPECT_EQ(none.percentile_ms(0.5), 0);
  EXPECT_EQ(none.max_ms(), 0);
}

TEST(Histogram, SaysWhatAShareOfTheValuesDoesNotExceed) {
  Histogram values;
  for (int us = 1; us <= 100'000; ++us) values.add(microseconds(us));

  for (const double share : {0.01, 0.5, 0.9, 0.99}) {
    const double exact = share * 100;
    EXPECT_GE(values.percentile_ms(share), exact) << share;
    EXPECT_LE(values.percentile_ms(share), exact * 1.032) << share;
  }
  EXPECT_EQ(values.percentile_ms(1), 100);
  EXPECT_EQ(values.max_ms(), 100);
}

TEST(Histogram, IsExactForASingleValue) {
  Histogram values;
  values.add(microseconds(12'345));

  EXPECT_EQ(values.percentile_ms(0.5), 12.345);
  EXPECT_EQ(values.percentile_ms(0.99), 12.345);
}

TEST(Histogram, AddsUpOthers) {
  Histogram both, other;
  both.add(microseconds(10));
  other.add(microseconds(1000));
  both.add(other);

  EXPECT_EQ(both.count(), 2u);
  EXPECT_EQ(both.percentile_ms(0.5), 0.01);
  EXPECT_EQ(both.max_ms(), 1);
}

TEST(Histogram, KeepsWhatIsOutOfItsRange) {
  Histogram values;
  values.add(microseconds(-5));
  values.add(hours(1000));

  EXPECT_EQ(values.count(), 2u);
  EXPECT_EQ(values.percentile_ms(0.5), 0.001);
  EXPECT_EQ(values.max_ms(), 3.6e9);
}

}  // namespace
}  // namespace kms::rtc::loadtest
