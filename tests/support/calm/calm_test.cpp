// SPDX-License-Identifier: Apache-2.0
#include "tests/support/calm/calm.hpp"

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "tests/support/waiting.hpp"

namespace kms::test {
namespace {

TEST(CalmMeasurement, ThatFailsWhileTheMachineStandsStillIsMadeAgain) {
  int times = 0;
  measure_again_if([] { return true; }, [&] { EXPECT_EQ(++times, 3); });
  EXPECT_EQ(times, 3);
}

TEST(CalmMeasurement, ThatFailsOnACalmMachineFails) {
  static int times;
  times = 0;
  EXPECT_NONFATAL_FAILURE_ON_ALL_THREADS(
      measure_again_if([] { return false; }, [] { EXPECT_EQ(++times, 2) << "late"; }), "late");
  EXPECT_EQ(times, 1);
}

TEST(CalmMeasurement, IsMadeSoOftenAndNoMore) {
  static int times;
  times = 0;
  EXPECT_FATAL_FAILURE_ON_ALL_THREADS(
      measure_again_if([] { return true; }, [] { ASSERT_EQ(++times, 0) << "late"; }), "late");
  EXPECT_EQ(times, kMostMeasurements);
}

// Stopped for so long by a child, and woken by it.
void stand_still(int milliseconds) {
  const auto parent = getpid();
  const auto child = fork();
  if (child == 0) {
    kill(parent, SIGSTOP);
    poll(nullptr, 0, milliseconds);
    kill(parent, SIGCONT);
    _exit(0);
  }
  waitpid(child, nullptr, 0);
}

TEST(StallWatch, SeesThatTheProcessWasStopped) {
  const StallWatch watch;
  EXPECT_TRUE(eventually([&] {
    stand_still(60);
    return watch.longest() > std::chrono::milliseconds(40);
  }));
}

}  // namespace
}  // namespace kms::test
