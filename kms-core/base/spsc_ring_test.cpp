// SPDX-License-Identifier: Apache-2.0
#include "kms-core/base/spsc_ring.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <thread>

namespace kms {
namespace {

TEST(SpscRing, CarriesEverythingInOrderFromOneThreadToAnother) {
  constexpr int kCount = 200'000;
  SpscRing<int> ring(64);
  std::thread producer([&] {
    for (int i = 1; i <= kCount; ++i) {
      int value = i;
      while (!ring.push(std::move(value))) std::this_thread::yield();
    }
  });
  int expected = 1;
  for (int value = 0; expected <= kCount;) {
    if (!ring.pop(value)) {
      std::this_thread::yield();
      continue;
    }
    ASSERT_EQ(value, expected++);
  }
  producer.join();
}

TEST(SpscRing, RefusesWhenFullAndKeepsTheValueWithTheCaller) {
  SpscRing<std::unique_ptr<int>> ring(2);
  EXPECT_TRUE(ring.push(std::make_unique<int>(1)));
  EXPECT_TRUE(ring.push(std::make_unique<int>(2)));
  auto third = std::make_unique<int>(3);

  EXPECT_FALSE(ring.push(std::move(third)));
  ASSERT_TRUE(third);

  std::unique_ptr<int> out;
  EXPECT_TRUE(ring.pop(out));
  EXPECT_EQ(*out, 1);
  EXPECT_TRUE(ring.push(std::move(third)));
}

}  // namespace
}  // namespace kms
