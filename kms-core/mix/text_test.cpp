// SPDX-License-Identifier: Apache-2.0
#include "kms-core/mix/text.hpp"

#include <gtest/gtest.h>
#include <malloc.h>

#include <latch>
#include <thread>
#include <vector>

namespace kms::mix {
namespace {

TEST(TextMask, IsNoLargerThanAskedAndTakesBytesThatAreNoText) {
  const auto mask = text_mask(std::string(500, 'W'), 30, 200);
  EXPECT_LE(mask.size.width, 200);
  EXPECT_LE(mask.size.height, 30);
  EXPECT_EQ(mask.cover.size(), static_cast<size_t>(mask.size.width * mask.size.height));
  EXPECT_FALSE(text_mask("\xff\xfe", 30, 200).cover.empty());
  EXPECT_TRUE(text_mask("", 30, 200).cover.empty());
}

TEST(TextMask, ThreadsShareTheFonts) {
  constexpr int kThreads = 8;
  const auto wanted = text_mask("Ada", 30, 200);
  std::vector<Mask> masks(kThreads);
  std::latch drawn(kThreads + 1);
  std::latch looked(1);
  const auto before = mallinfo2().uordblks;

  std::vector<std::jthread> threads;
  for (auto& mask : masks) {
    threads.emplace_back([&] {
      mask = text_mask("Ada", 30, 200);
      drawn.count_down();
      looked.wait();
    });
  }
  drawn.arrive_and_wait();
  const auto after = mallinfo2().uordblks;
  looked.count_down();

  for (const auto& mask : masks) EXPECT_EQ(mask.cover, wanted.cover);
  EXPECT_LT(after, before + kThreads * 64 * 1024);
}

}  // namespace
}  // namespace kms::mix
