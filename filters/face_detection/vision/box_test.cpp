// SPDX-License-Identifier: Apache-2.0
#include "filters/face_detection/vision/box.hpp"

#include <gtest/gtest.h>

namespace kms::face_detection {
namespace {

TEST(Box, OverlapsItselfWholly) { EXPECT_DOUBLE_EQ(overlap({0.1, 0.2, 0.3, 0.4}, {0.1, 0.2, 0.3, 0.4}), 1); }

TEST(Box, OverlapIsSharedAreaByJointArea) {
  EXPECT_NEAR(overlap({0, 0, 0.2, 0.2}, {0.1, 0, 0.2, 0.2}), 1.0 / 3, 1e-12);
  EXPECT_DOUBLE_EQ(overlap({0, 0, 0.2, 0.2}, {0.2, 0, 0.2, 0.2}), 0);
  EXPECT_DOUBLE_EQ(overlap({}, {}), 0);
}

TEST(Box, IsCutAtTheFramesBorders) {
  const Box cut = inside_frame({-0.1, 0.9, 0.3, 0.3});

  EXPECT_DOUBLE_EQ(cut.x, 0);
  EXPECT_NEAR(cut.width, 0.2, 1e-12);
  EXPECT_DOUBLE_EQ(cut.y, 0.9);
  EXPECT_NEAR(cut.height, 0.1, 1e-12);
  EXPECT_DOUBLE_EQ(inside_frame({1.5, 0, 0.2, 0.2}).width, 0);
}

}  // namespace
}  // namespace kms::face_detection
