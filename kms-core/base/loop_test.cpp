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

// What is waited for on a loop that stands still may be there already, behind what holds it up.
TEST(Loop, ADeadlineDoesNotPassWhileTheLoopStandsStill) {
  constexpr auto kDelay = 160ms;
  Loop loop;
  Loop::Timer deadline;
  Loop::Timer holds;
  Loop::Timer next;
  std::promise<void> passed;
  std::promise<bool> passed_at_once;
  bool has_passed = false;
  loop.run([&] {
    deadline = loop.deadline(kDelay, [&] {
      has_passed = true;
      passed.set_value();
    });
    holds = loop.after(1ms, [&] {
      std::promise<void>().get_future().wait_for(2 * kDelay);
      next = loop.after(0ms, [&] { passed_at_once.set_value(has_passed); });
    });
  });

  EXPECT_FALSE(passed_at_once.get_future().get());
  EXPECT_EQ(passed.get_future().wait_for(20s), std::future_status::ready);
  loop.run([&] { EXPECT_FALSE(deadline.is_running()); });
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
