// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtp/layer_marks.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace kms::rtc {
namespace {

using Payload = std::vector<uint8_t>;

TEST(LayerMarks, OfVp8HaveATemporalLayerAndSayWhereOneMayGoUp) {
  const auto sync = LayerMarks::of(Codec::kVp8, Payload{0x90, 0xe0, 0x81, 0x23, 0x07, 0x60, 0x51, 0xff});
  EXPECT_TRUE(sync.known);
  EXPECT_EQ(sync.spatial, 0);
  EXPECT_EQ(sync.temporal, 1);
  EXPECT_TRUE(sync.switches_up);
  EXPECT_TRUE(sync.starts_picture);
  EXPECT_EQ(sync.picture_id, 0x123);
  EXPECT_EQ(sync.id_mask, 0x7fff);
  EXPECT_EQ(sync.tl0_pic_index, 7);

  const auto rest = LayerMarks::of(Codec::kVp8, Payload{0x80, 0xe0, 0x81, 0x23, 0x07, 0x40, 0xff});
  EXPECT_FALSE(rest.starts_picture);
  EXPECT_FALSE(rest.switches_up);
  EXPECT_TRUE(rest.same_picture(sync));
}

TEST(LayerMarks, OfVp9HaveBothKindsOfLayers) {
  // I, P, L, B, E; T 2, U, S 1, D.
  const auto marks = LayerMarks::of(Codec::kVp9, Payload{0xec, 0x92, 0x34, 0x53, 0x09, 0x77});
  EXPECT_TRUE(marks.known);
  EXPECT_EQ(marks.temporal, 2);
  EXPECT_EQ(marks.spatial, 1);
  EXPECT_TRUE(marks.switches_up);
  EXPECT_TRUE(marks.ends_frame);
  EXPECT_FALSE(marks.starts_picture) << "the layer below does";
  EXPECT_EQ(marks.picture_id, 0x1234);

  const auto base = LayerMarks::of(Codec::kVp9, Payload{0xe8, 0x92, 0x34, 0x40, 0x09, 0x77});
  EXPECT_TRUE(base.starts_picture);
  EXPECT_FALSE(base.ends_frame);
}

TEST(LayerMarks, OfWhatHasNoLayersLetItPass) {
  for (const auto& marks :
       {LayerMarks::of(Codec::kH264, Payload{0x65, 1, 2}), LayerMarks::of(Codec::kVp8, Payload{0x90, 0xe0}),
        LayerMarks::of(Codec::kVp9, {})}) {
    EXPECT_FALSE(marks.known);
    EXPECT_TRUE(marks.within({0, 0}));
    EXPECT_FALSE(marks.same_picture(marks));
  }
  EXPECT_TRUE(LayerMarks::of(Codec::kVp8, Payload{0x10, 0x00}).within({0, 0})) << "VP8 without layers";
}

}  // namespace
}  // namespace kms::rtc
