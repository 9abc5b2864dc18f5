// SPDX-License-Identifier: Apache-2.0
// What becomes of datagrams, on a time that the test makes.
#include "tests/support/relay/way.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace kms::test {
namespace {

using namespace std::chrono_literals;
using rtc::TimePoint;

constexpr TimePoint kStart{};

// When a datagram comes: one each millisecond.
TimePoint at(size_t number) { return kStart + std::chrono::milliseconds(number); }

struct Departure {
  size_t number;  // of the datagram
  TimePoint at;
  friend bool operator==(const Departure&, const Departure&) = default;
};

// Datagrams of 1,000 bytes.
std::vector<Departure> run(Way& way, size_t datagrams) {
  std::vector<Departure> all;
  for (size_t i = 0; i < datagrams; ++i) {
    for (const auto at : way.take(1000, at(i))) all.push_back({i, at});
  }
  return all;
}

std::vector<Departure> run(const Weather& weather, size_t datagrams, uint64_t seed = 1) {
  Way way(seed);
  way.set(weather);
  return run(way, datagrams);
}

TEST(Way, InFairWeatherHandsOnEverythingAtOnce) {
  const auto all = run({}, 1000);

  ASSERT_EQ(all.size(), 1000u);
  for (size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i], (Departure{i, at(i)}));
}

TEST(Way, DecidesTheSameForASeedAndOtherwiseForAnother) {
  const Weather weather{.loss = 0.05, .duplicates = 0.02, .reordered = 0.03, .jitter = 5ms};

  EXPECT_EQ(run(weather, 5000, 7), run(weather, 5000, 7));
  EXPECT_NE(run(weather, 5000, 7), run(weather, 5000, 8));
}

TEST(Way, LosesTheSameDatagramsWhateverElseTheWeatherDoes) {
  const auto lossy = run({.loss = 0.1}, 1000);
  const auto stormy = run({.loss = 0.1, .delay = 30ms, .jitter = 10ms}, 1000);

  ASSERT_EQ(lossy.size(), stormy.size());
  for (size_t i = 0; i < lossy.size(); ++i) EXPECT_EQ(lossy[i].number, stormy[i].number);
}

TEST(Way, LosesTheShareThatItIsTold) {
  Way way(3);
  way.set({.loss = 0.05});

  const auto all = run(way, 100'000);

  EXPECT_NEAR(static_cast<double>(way.counts().lost), 5000, 300);  // four standard deviations
  EXPECT_EQ(all.size(), way.counts().handed_on());
}

TEST(Way, DuplicatesTheShareThatItIsTold) {
  Way way(3);
  way.set({.duplicates = 0.1});

  const auto all = run(way, 10'000);

  EXPECT_NEAR(static_cast<double>(way.counts().duplicated), 1000, 120);
  EXPECT_EQ(all.size(), 10'000 + way.counts().duplicated);
}

TEST(Way, DelaysWithinItsJitterAndKeepsTheOrder) {
  const auto all = run({.delay = 40ms, .jitter = 10ms}, 2000);

  auto longest = rtc::Duration::zero(), shortest = rtc::Duration::max();
  for (const auto& each : all) {
    const rtc::Duration took = each.at - at(each.number);
    longest = std::max(longest, took);
    shortest = std::min(shortest, took);
  }
  EXPECT_TRUE(std::ranges::is_sorted(all, {}, &Departure::at));
  EXPECT_GE(shortest, 40ms);
  EXPECT_LE(longest, 50ms);
  EXPECT_GT(longest - shortest, 5ms);
}

TEST(Way, LetsTheReorderedComeAfterThoseBehindThem) {
  Way way(5);
  way.set({.reordered = 0.1, .reordered_by = 3ms});

  auto all = run(way, 1000);
  std::ranges::stable_sort(all, {}, &Departure::at);

  size_t overtaken = 0;
  for (size_t i = 1; i < all.size(); ++i) overtaken += all[i].number < all[i - 1].number ? 1 : 0;
  EXPECT_NEAR(static_cast<double>(way.counts().reordered), 100, 40);
  EXPECT_NEAR(static_cast<double>(overtaken), static_cast<double>(way.counts().reordered), 25);
}

TEST(Way, SendsNoFasterThanItsBottleneck) {
  // A datagram takes 2 ms and one comes each: half of them must be dropped once the queue is full.
  Way way(1);
  way.set({.rate_bps = 4'000'000, .longest_queue = 50ms});

  const auto all = run(way, 1000);

  for (size_t i = 1; i < all.size(); ++i) EXPECT_EQ(all[i].at - all[i - 1].at, 2ms);
  EXPECT_NEAR(static_cast<double>(way.counts().overflowed), 475, 5);
  for (const auto& each : all) EXPECT_LE(each.at - at(each.number), 54ms);
}

TEST(Way, ForgetsItsQueueWhenNothingComes) {
  Way way(1);
  way.set({.rate_bps = 8'000});  // 1 s for each datagram
  way.take(1000, kStart);

  const auto later = way.take(1000, kStart + 10s);

  ASSERT_EQ(later.size(), 1u);
  EXPECT_EQ(later[0], kStart + 11s);
}

}  // namespace
}  // namespace kms::test
