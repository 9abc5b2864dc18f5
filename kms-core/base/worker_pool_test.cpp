// SPDX-License-Identifier: Apache-2.0
#include "kms-core/base/worker_pool.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <future>
#include <latch>

#include "tests/support/waiting.hpp"

namespace kms {
namespace {

// How many threads a server has at rest does not depend on how busy it has been.
TEST(WorkerPool, HasTheThreadsThatItKeepsFromTheStart) {
  std::promise<void> done;
  WorkerPool pool({.kept = 2, .most = 4});
  EXPECT_EQ(pool.threads(), 2U);

  pool.run([&done] { done.set_value(); });

  EXPECT_EQ(done.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_EQ(pool.threads(), 2U) << "one of them was free";
}

TEST(WorkerPool, GoesOnWhileATaskHangs) {
  std::promise<void> release;
  auto released = release.get_future().share();
  std::promise<void> other;
  WorkerPool pool({.kept = 1, .most = 4});
  pool.run([released] { released.wait(); });

  pool.run([&other] { other.set_value(); });

  EXPECT_EQ(other.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  release.set_value();
}

TEST(WorkerPool, NeverStartsMoreThanItsLimit) {
  std::promise<void> release;
  auto released = release.get_future().share();
  std::atomic<int> done = 0;
  {
    WorkerPool pool({.kept = 1, .most = 3});
    for (int i = 0; i < 10; ++i) {
      pool.run([released, &done] {
        released.wait();
        ++done;
      });
    }
    EXPECT_EQ(pool.threads(), 3U);
    release.set_value();
  }
  EXPECT_EQ(done, 10);
}

// So many at once, each on a thread of its own; how many there are then. `all`: of one more; outlives the
// pool.
unsigned burst(WorkerPool& pool, std::latch& all, int count) {
  for (int i = 0; i < count; ++i) pool.run([&all] { all.arrive_and_wait(); });
  const auto threads = pool.threads();
  all.arrive_and_wait();
  return threads;
}

// Were they woken in turn, each would have something to do in time.
TEST(WorkerPool, IsAsSmallAsBeforeABurstWhileThereIsALittleToDo) {
  std::latch all(17);
  std::atomic<int> done = 0;
  WorkerPool pool({.kept = 2, .most = 16, .idle_life = std::chrono::milliseconds(200)});
  EXPECT_EQ(burst(pool, all, 16), 16U);

  EXPECT_TRUE(test::eventually([&] {
    pool.run([&done] { ++done; });
    return pool.threads() == 2;
  }));

  EXPECT_GT(done, 0);
}

// What a library keeps for a thread is given back at the end of it.
TEST(WorkerPool, LeavesNoThreadBehindThatStillEnds) {
  static std::atomic<int> alive = 0;
  struct Kept {
    Kept() { ++alive; }
    ~Kept() {
      poll(nullptr, 0, 20);  // a thread that is slow to end
      --alive;
    }
  };
  std::latch all(5);
  {
    WorkerPool pool({.kept = 1, .most = 4, .idle_life = std::chrono::milliseconds(1)});
    burst(pool, all, 4);
    for (int i = 0; i < 4; ++i) pool.run([] { thread_local const Kept kept; });
  }
  EXPECT_EQ(alive, 0);
}

TEST(WorkerPool, IsIdleWhenTheLastCallCameBack) {
  std::promise<void> release;
  auto released = release.get_future().share();
  std::promise<void> idle;
  auto told = idle.get_future();
  WorkerPool pool({.kept = 2, .most = 4});
  for (int i = 0; i < 2; ++i) pool.run([released] { released.wait(); });

  pool.when_idle([&idle] { idle.set_value(); });

  EXPECT_EQ(told.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout);
  release.set_value();
  EXPECT_EQ(told.wait_for(std::chrono::seconds(20)), std::future_status::ready);
}

TEST(WorkerPool, IsIdleWhenItNeverRanAnything) {
  std::promise<void> idle;
  WorkerPool pool({.kept = 2, .most = 4});
  pool.when_idle([&idle] { idle.set_value(); });
  EXPECT_EQ(idle.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
}

TEST(Strand, KeepsTheOrderOnManyThreads) {
  std::vector<int> seen;
  {
    WorkerPool pool({.kept = 4, .most = 4});
    Strand strand(pool);
    for (int i = 0; i < 1000; ++i) strand.run([&seen, i] { seen.push_back(i); });
  }
  ASSERT_EQ(seen.size(), 1000U);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
}

}  // namespace
}  // namespace kms
