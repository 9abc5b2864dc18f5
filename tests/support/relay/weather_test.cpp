// SPDX-License-Identifier: Apache-2.0
#include "tests/support/relay/weather.hpp"

#include <gtest/gtest.h>

namespace kms::test {
namespace {

using namespace std::chrono_literals;

TEST(Weather, IsReadFromText) {
  const auto weather = parse_weather(
      "loss=0.05,duplicates=0.01,reordered=0.02,reordered_by=30ms,delay=20ms,jitter=5ms,rate=2000000,queue="
      "1s");

  ASSERT_TRUE(weather.ok()) << weather.status();
  EXPECT_EQ(weather->loss, 0.05);
  EXPECT_EQ(weather->duplicates, 0.01);
  EXPECT_EQ(weather->reordered, 0.02);
  EXPECT_EQ(weather->reordered_by, 30ms);
  EXPECT_EQ(weather->delay, 20ms);
  EXPECT_EQ(weather->jitter, 5ms);
  EXPECT_EQ(weather->rate_bps, 2'000'000u);
  EXPECT_EQ(weather->longest_queue, 1s);
}

TEST(Weather, IsFairWhenNothingIsSaid) {
  const auto weather = parse_weather("");

  ASSERT_TRUE(weather.ok());
  EXPECT_EQ(weather->loss, 0);
  EXPECT_EQ(weather->rate_bps, 0u);
}

TEST(Weather, SaysWhichSettingIsWrong) {
  for (const std::string wrong : {"loss", "loss=1.5", "loss=-1", "delay=20", "rate=2M", "rain=1"}) {
    const auto weather = parse_weather("jitter=1ms," + wrong);

    ASSERT_FALSE(weather.ok()) << wrong;
    EXPECT_EQ(reason_of(weather.status()), "BAD_WEATHER");
    EXPECT_NE(message_of(weather.status()).find('"' + wrong + '"'), std::string::npos) << weather.status();
  }
}

}  // namespace
}  // namespace kms::test
