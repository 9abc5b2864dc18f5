// SPDX-License-Identifier: Apache-2.0
#include "kms-core/base/wake_up.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace kms {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

TEST(WakeUp, ARingBeforeTheWaitIsHeardOnce) {
  WakeUp wake_up;
  wake_up.ring();
  wake_up.ring();

  EXPECT_TRUE(wake_up.wait(std::nullopt));

  EXPECT_FALSE(wake_up.wait(steady_clock::now()));
}

TEST(WakeUp, AWaitEndsAtItsTime) {
  WakeUp wake_up;
  const auto until = steady_clock::now() + milliseconds(20);

  EXPECT_FALSE(wake_up.wait(until));

  EXPECT_GE(steady_clock::now(), until);
}

TEST(WakeUp, NoRingIsLostBetweenTwoThreads) {
  WakeUp there;
  WakeUp back;
  int value = 0;  // handed over by the rings alone
  constexpr int kTurns = 20000;
  std::thread other([&] {
    for (int i = 0; i < kTurns; ++i) {
      there.wait(std::nullopt);
      ++value;
      back.ring();
    }
  });

  for (int i = 0; i < kTurns; ++i) {
    ++value;
    there.ring();
    ASSERT_TRUE(back.wait(steady_clock::now() + std::chrono::seconds(20)));
  }

  other.join();
  EXPECT_EQ(value, 2 * kTurns);
}

}  // namespace
}  // namespace kms
