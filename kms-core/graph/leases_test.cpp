// SPDX-License-Identifier: Apache-2.0
#include "kms-core/graph/leases.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <future>

#include "tests/support/waiting.hpp"

namespace kms::graph {
namespace {

using namespace std::chrono_literals;

class LeasesTest : public testing::Test {
 protected:
  // Waits until so many leases lapsed; their names in order.
  std::vector<std::string> wait_for(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, test::kPatience, [&] { return lapsed_.size() >= count; });
    return lapsed_;
  }
  std::vector<std::string> lapsed() {
    const std::lock_guard lock(mutex_);
    return lapsed_;
  }
  // No lease lapses while `work` runs, however long that takes: the loop stands.
  void while_none_lapses(const std::function<void()>& work) {
    std::promise<void> done;
    loop_.post([held = done.get_future().share()] { held.wait(); });
    work();
    done.set_value();
  }

  using Names = std::vector<std::string>;
  std::mutex mutex_;
  std::condition_variable changed_;
  Names lapsed_;
  Loop loop_;
  Leases leases_{loop_, [this](const std::string& name) {
                   const std::lock_guard lock(mutex_);
                   lapsed_.push_back(name);
                   changed_.notify_all();
                 }};
};

TEST_F(LeasesTest, LapseInTheOrderOfTheirEnds) {
  leases_.add("late", 2s);
  leases_.add("early", 20ms);
  EXPECT_EQ(wait_for(2), (Names{"early", "late"}));
  EXPECT_FALSE(leases_.renew("early"));
}

TEST_F(LeasesTest, LiveAsLongAsTheyAreRenewed) {
  Leases::Clock::time_point renewed;
  while_none_lapses([&] {  // what is due then is told in order of its end
    leases_.add("renewed", 20ms);
    leases_.add("clock", 20ms);
    renewed = Leases::Clock::now();
    EXPECT_TRUE(leases_.renew("renewed"));
  });

  EXPECT_EQ(wait_for(2), (Names{"clock", "renewed"}));
  EXPECT_GE(Leases::Clock::now() - renewed, 20ms);
}

TEST_F(LeasesTest, DoNotRunWhileHeld) {
  std::shared_ptr<void> hold, second;
  while_none_lapses([&] {
    leases_.add("held", 1ms);
    hold = leases_.hold("held");
    second = leases_.hold("held");
  });
  ASSERT_TRUE(hold);
  leases_.add("clock", 50ms);
  EXPECT_EQ(wait_for(1), Names{"clock"});
  hold.reset();
  leases_.add("clock", 50ms);
  EXPECT_EQ(wait_for(2), (Names{"clock", "clock"}));

  second.reset();

  EXPECT_EQ(wait_for(3).back(), "held");
}

TEST_F(LeasesTest, AHoldOfAFormerLeaseTouchesNothing) {
  leases_.add("name", 10s);
  auto former = leases_.hold("name");
  leases_.remove("name");
  std::shared_ptr<void> current;
  while_none_lapses([&] {
    leases_.add("name", 10ms);
    current = leases_.hold("name");
    former.reset();
  });

  leases_.add("clock", 50ms);
  EXPECT_EQ(wait_for(1), Names{"clock"});
}

TEST_F(LeasesTest, RemovedOnesNeverLapse) {
  while_none_lapses([&] {
    leases_.add("removed", 10ms);
    leases_.remove("removed");
  });
  leases_.add("clock", 50ms);
  EXPECT_EQ(wait_for(1), Names{"clock"});
  EXPECT_FALSE(leases_.hold("removed"));
}

TEST_F(LeasesTest, AHoldMayOutliveThem) {
  std::shared_ptr<void> hold;
  {
    Leases inner(loop_, [](const std::string&) { FAIL(); });
    while_none_lapses([&] {
      inner.add("a", 1ms);
      hold = inner.hold("a");
    });
  }
  hold.reset();
  loop_.run([] {});
}

}  // namespace
}  // namespace kms::graph
