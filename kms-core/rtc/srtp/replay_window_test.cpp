// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/srtp/replay_window.hpp"

#include <gtest/gtest.h>

#include "kms-core/rtc/srtp/srtp_opener.hpp"

namespace kms::rtc {
namespace {

TEST(ReplayWindow, TakesEachIndexOnceInAnyOrder) {
  ReplayWindow window;
  for (const uint64_t index : {5u, 3u, 4u, 900u, 6u}) {
    EXPECT_TRUE(window.is_new(index));
    window.mark(index);
    EXPECT_FALSE(window.is_new(index));
  }
}

TEST(ReplayWindow, ForgetsWhatIsOlderThanItsSize) {
  ReplayWindow window;
  window.mark(5000);

  EXPECT_TRUE(window.is_new(5000 - ReplayWindow::kSize + 1));
  EXPECT_FALSE(window.is_new(5000 - ReplayWindow::kSize));
}

TEST(ReplayWindow, AJumpLeavesNothingMarkedBehindIt) {
  ReplayWindow window;
  for (uint64_t index = 0; index < 2000; ++index) window.mark(index);

  window.mark(10'000);

  for (uint64_t index = 10'000 - ReplayWindow::kSize + 1; index < 10'000; ++index) {
    ASSERT_TRUE(window.is_new(index)) << index;
  }
}

TEST(SrtpIndex, FollowsTheRollOverBothWays) {
  EXPECT_EQ(estimate_srtp_index(65'530, 3), 65'539u);
  EXPECT_EQ(estimate_srtp_index(65'539, 65'530), 65'530u);
  EXPECT_EQ(estimate_srtp_index(0x2'ffff, 0), 0x3'0000u);
}

TEST(SrtpIndex, IsNeverNegative) { EXPECT_EQ(estimate_srtp_index(5, 65'530), 65'530u); }

}  // namespace
}  // namespace kms::rtc
