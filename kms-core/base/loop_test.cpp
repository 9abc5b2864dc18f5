// SPDX-License-Identifier: Apache-2.0
#include "kms-core/base/loop.hpp"

#include <gtest/gtest.h>

#include <future>

namespace kms {
namespace {

using namespace std::chrono_literals;

TEST(Loop, RunsTasksOfOneThreadInOrder) {
  std::vector<int> seen;
  {
    Loop loop;
    for (int i = 0; i < 100; ++i) loop.post([&seen, i] { seen.push_back(i); });
  }
  ASSERT_EQ(seen.size(), 100U);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
}

TEST(Loop, KnowsItsThread) {
  Loop loop;
  bool inside = false;
  loop.run([&] { inside = loop.is_current(); });
  EXPECT_TRUE(inside);
  EXPECT_FALSE(loop.is_current());
}

TEST(Loop, TimersFireUntilStopped) {
  Loop loop;
  Loop::Timer timer;
  int count = 0;
  std::promise<void> thrice;
  loop.run([&] {
    timer = loop.every(1ms, [&] {
      if (++count == 3) {
        timer.stop();
        thrice.set_value();
      }
    });
  });
  ASSERT_EQ(thrice.get_future().wait_for(20s), std::future_status::ready);
  std::promise<void> later;
  Loop::Timer after;
  loop.run([&] { after = loop.after(20ms, [&] { later.set_value(); }); });
  ASSERT_EQ(later.get_future().wait_for(20s), std::future_status::ready);
  loop.run([&] {
    EXPECT_EQ(count, 3);
    after.stop();
  });
}

TEST(LoopPool, TakesItsLoopsInTurn) {
  LoopPool pool(2);
  Loop& first = pool.next();
  Loop& second = pool.next();
  EXPECT_NE(&first, &second);
  EXPECT_EQ(&pool.next(), &first);
}

}  // namespace
}  // namespace kms
