// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/net/event_loop.hpp"

#include <gtest/gtest.h>

#include <future>
#include <thread>

namespace kms::rtc {
namespace {

class EventLoopTest : public ::testing::Test {
 protected:
  void SetUp() override {
    loop_ = std::move(*EventLoop::create());
    thread_ = std::thread([this] { loop_->run([](TimePoint) { return TimePoint::max(); }); });
  }
  void TearDown() override {
    loop_->stop();
    thread_.join();
  }

  std::unique_ptr<EventLoop> loop_;
  std::thread thread_;
};

TEST_F(EventLoopTest, RunsWhatManyThreadsPostWhileItFallsAsleepAgainAndAgain) {
  constexpr int kThreads = 4;
  constexpr int kTasks = 2000;
  std::atomic<int> left = kThreads * kTasks;
  std::promise<void> done;
  const auto task = [&] {
    if (--left == 0) done.set_value();
  };
  const auto post_all = [&] {
    for (int i = 0; i < kTasks; ++i) {
      loop_->post(task);
      if (i % 16 == 0) std::this_thread::yield();
    }
  };
  std::vector<std::thread> posters;
  for (int t = 0; t < kThreads; ++t) posters.emplace_back(post_all);
  for (auto& poster : posters) poster.join();

  EXPECT_EQ(done.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready) << left;
}

TEST_F(EventLoopTest, KeepsTheOrderOfOnePoster) {
  std::vector<int> seen;
  std::promise<void> done;
  for (int i = 0; i < 100; ++i) loop_->post([&seen, i] { seen.push_back(i); });
  loop_->post([&] { done.set_value(); });
  done.get_future().wait();

  for (int i = 0; i < 100; ++i) ASSERT_EQ(seen[static_cast<size_t>(i)], i);
}

TEST_F(EventLoopTest, RunsWhatWasPostedBeforeTheStopAndRefusesTheRest) {
  std::atomic<bool> ran = false;
  EXPECT_TRUE(loop_->post([&] { ran = true; }));
  loop_->stop();
  thread_.join();

  EXPECT_TRUE(ran);
  EXPECT_FALSE(loop_->post([] {}));
  thread_ = std::thread([] {});
}

TEST(EventLoop, TakesATurnWhenItsTimeHasCome) {
  auto loop = std::move(*EventLoop::create());
  const auto due = Clock::now() + std::chrono::milliseconds(20);
  TimePoint turned;

  loop->run([&](TimePoint now) {
    if (now < due) return due;
    turned = now;
    loop->stop();
    return TimePoint::max();
  });

  EXPECT_GE(turned, due);
}

}  // namespace
}  // namespace kms::rtc
