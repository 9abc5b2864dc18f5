// SPDX-License-Identifier: Apache-2.0
#include "kms-core/mix/ticker.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/waiting.hpp"

namespace kms::mix {
namespace {

using kms::test::eventually;
using kms::test::Watched;
using std::chrono::milliseconds;

constexpr uint64_t kSecond = 1'000'000'000;

TEST(Ticker, WorksAtItsPaceAndNeverGoesBack) {
  Watched<std::vector<uint64_t>> ticks;
  Ticker ticker({.units = 100, .unit = kSecond}, [&](uint64_t due) {
    ticks.change([&](auto& all) { all.push_back(due); });
    return true;
  });
  ticker.wake();
  ASSERT_TRUE(ticks.wait([](const auto& all) { return all.size() >= 50; }));
  ticker.stop();
  const auto all = ticks.copy();
  for (size_t i = 1; i < all.size(); ++i) {
    EXPECT_GT(all[i], all[i - 1]);
    EXPECT_EQ((all[i] - all[0]) % (kSecond / 100), 0U);
  }
}

TEST(Ticker, RestsWhenThereIsNothingToDoUntilItIsWoken) {
  std::atomic<int> ticks = 0;
  Ticker ticker({.units = 1000, .unit = kSecond}, [&](uint64_t) { return ++ticks % 5 != 0; });
  ticker.wake();
  EXPECT_TRUE(eventually([&] { return ticks == 5; }));
  ticker.wake();
  EXPECT_TRUE(eventually([&] { return ticks == 10; }));
}

TEST(Ticker, ItsThreadEndsAfterARestAndComesBack) {
  Watched<int> ticks;
  Ticker ticker({.rest = milliseconds(1), .units = 1000, .unit = kSecond}, [&](uint64_t) {
    ticks.change([](int& count) { ++count; });
    return false;
  });
  for (int i = 1; i <= 200; ++i) {
    ticker.wake();
    ASSERT_TRUE(ticks.wait([i](int count) { return count >= i; })) << "a ring was lost";
    const auto about_a_rest = std::chrono::steady_clock::now() + std::chrono::microseconds(10 * i);
    while (std::chrono::steady_clock::now() < about_a_rest) std::this_thread::yield();
  }
}

TEST(Ticker, WhatIsStoppedWhileItWorksDoesNotRestFirst) {
  std::atomic<int> ticks = 0;
  Ticker ticker({.rest = std::chrono::hours(1), .units = 5, .unit = kSecond},
                [&](uint64_t) { return ++ticks > 0; });
  ticker.wake();
  ASSERT_TRUE(eventually([&] { return ticks > 1; }));
  ticker.stop();  // between two ticks
  EXPECT_GT(ticks, 1);
}

TEST(Ticker, WhatIsStoppedDoesNothingAnyMore) {
  std::atomic<int> ticks = 0;
  Ticker ticker({}, [&](uint64_t) { return ++ticks > 0; });
  ticker.stop();
  ticker.wake();
  EXPECT_EQ(ticks, 0);
}

}  // namespace
}  // namespace kms::mix
