// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtp/picture_size.hpp"

#include <gtest/gtest.h>

#include "kms-core/rtc/rtp/h264_sps.hpp"
#include "kms-core/rtc/rtp/test_packets.hpp"

namespace kms::rtc {
namespace {

using test::Packet;

// Of x264, main profile, 320x240.
const Packet kMain{0x67, 0x4d, 0x40, 0x0d, 0xec, 0xa0, 0xa0, 0xfd, 0x80, 0x88, 0x00, 0x00, 0x03,
                   0x00, 0x08, 0x00, 0x00, 0x03, 0x03, 0x01, 0xe0, 0x78, 0xa1, 0x4c, 0xb0};

TEST(PictureSize, OfVp8StandsInEachKeyFrame) {
  const Packet key{0x10, 0x50, 0x01, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x42, 0x68, 0x01};
  EXPECT_EQ(picture_size_of(Codec::kVp8, key), (PictureSize{640, 360})) << "the scale is no part of it";
  Packet inter = key;
  inter[1] |= 1;
  EXPECT_FALSE(picture_size_of(Codec::kVp8, inter));
  Packet other = key;
  other[4] = 0x9e;
  EXPECT_FALSE(picture_size_of(Codec::kVp8, other)) << "no start code";
  EXPECT_FALSE(picture_size_of(Codec::kVp8, Bytes(key).first(key.size() - 1)));
}

TEST(PictureSize, OfVp9IsThatOfTheLargestLayer) {
  // Two layers, sizes and no more; with a long picture id and layer indices, not flexible.
  const Packet key{0xaa, 0x81, 0x23, 0x00, 0x07, 0x30, 0x01, 0x40, 0x00, 0xb4, 0x02, 0x80, 0x01, 0x68};
  EXPECT_EQ(picture_size_of(Codec::kVp9, key), (PictureSize{640, 360}));
  const auto each = vp9_layer_sizes(key);
  ASSERT_TRUE(each);
  EXPECT_EQ(each->count, 2U);
  EXPECT_EQ(each->all[0], (PictureSize{320, 180}));
  EXPECT_EQ(each->all[1], (PictureSize{640, 360}));
  Packet inter = key;
  inter[0] |= 0x40;
  EXPECT_FALSE(picture_size_of(Codec::kVp9, inter));
  EXPECT_FALSE(picture_size_of(Codec::kVp9, Bytes(key).first(key.size() - 1)));
  EXPECT_FALSE(picture_size_of(Codec::kVp9, Packet{0x8a, 0x01, 0x20, 0x00})) << "no sizes";
}

TEST(PictureSize, OfH264StandsInItsParameterSet) {
  EXPECT_EQ(picture_size_of(Codec::kH264, kMain), (PictureSize{320, 240}));
  Packet aggregate{0x18, 0x00, 0x02, 0x09, 0xf0, 0x00, static_cast<uint8_t>(kMain.size())};
  aggregate.insert(aggregate.end(), kMain.begin(), kMain.end());
  EXPECT_EQ(picture_size_of(Codec::kH264, aggregate), (PictureSize{320, 240})) << "STAP-A";
  EXPECT_FALSE(picture_size_of(Codec::kH264, Packet{0x65, 0x88, 0x84}));
  EXPECT_FALSE(picture_size_of(Codec::kH264, Bytes(kMain).first(6)));
  EXPECT_FALSE(picture_size_of(Codec::kH264, {}));
}

// Baseline, 120 by 68 macroblocks, of which 4 pairs of lines are cropped.
TEST(PictureSize, OfH264IsWhatIsLeftAfterCropping) {
  EXPECT_EQ(h264_picture_size(Packet{0x67, 0x42, 0xc0, 0x28, 0xda, 0x01, 0xe0, 0x08, 0x9f, 0x95}),
            (PictureSize{1920, 1080}));
}

TEST(PictureSize, IsNotKnownOfOtherCodecs) {
  EXPECT_FALSE(picture_size_of(Codec::kH265, Packet{0x42, 0x01, 0x01}));
  EXPECT_FALSE(picture_size_of(Codec::kOpus, Packet{0x10, 0x50}));
}

}  // namespace
}  // namespace kms::rtc
