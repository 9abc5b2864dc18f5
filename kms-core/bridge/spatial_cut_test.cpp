// SPDX-License-Identifier: Apache-2.0
#include "kms-core/bridge/spatial_cut.hpp"

#include <gtest/gtest.h>

#include "kms-core/rtc/forwarding/packet_pool.hpp"

namespace kms::bridge {
namespace {

class SpatialCutTest : public testing::Test {
 protected:
  // A picture of three layers, two packets each; gives how many go on.
  size_t picture(bool key) {
    VideoFrames::Frame frame;
    for (uint8_t i = 0; i < 6; ++i) {
      auto packet = pool_.acquire();
      packet->starts_key_frame = key && i == 0;
      packet->layers.known = true;
      packet->layers.spatial = i / 2;
      frame.push_back(packet);
    }
    return cut_.cut(frame).size();
  }

  rtc::PacketPool pool_{512};
  SpatialCut cut_;
};

TEST_F(SpatialCutTest, LetsAllPassAtFirst) {
  EXPECT_EQ(picture(true), 6u);
  EXPECT_EQ(picture(false), 6u);
  EXPECT_FALSE(cut_.lacks());
}

TEST_F(SpatialCutTest, GoesDownAtOnceAndUpWithAKeyPicture) {
  EXPECT_EQ(picture(true), 6u);
  cut_.want(0);
  EXPECT_EQ(picture(false), 2u);
  EXPECT_EQ(cut_.limit(), 0);
  EXPECT_FALSE(cut_.lacks());

  cut_.want(1);
  EXPECT_EQ(picture(false), 2u);
  EXPECT_TRUE(cut_.lacks());
  EXPECT_EQ(picture(true), 4u);
  EXPECT_FALSE(cut_.lacks());
  EXPECT_EQ(picture(false), 4u);
}

}  // namespace
}  // namespace kms::bridge
