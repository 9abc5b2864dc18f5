// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtp/key_frame.hpp"

#include <gtest/gtest.h>

#include "kms-core/rtc/rtp/test_packets.hpp"
#include "kms-core/rtc/rtp/vp8_descriptor.hpp"
#include "kms-core/rtc/rtp/vp9_descriptor.hpp"

namespace kms::rtc {
namespace {

using test::Packet;

TEST(KeyFrame, Vp8NeedsTheFirstPartitionAndTheKeyBit) {
  EXPECT_TRUE(starts_key_frame(Codec::kVp8, Packet{0x10, 0x50}));
  EXPECT_FALSE(starts_key_frame(Codec::kVp8, Packet{0x10, 0x51})) << "inter frame";
  EXPECT_FALSE(starts_key_frame(Codec::kVp8, Packet{0x00, 0x50})) << "middle of the frame";
  EXPECT_FALSE(starts_key_frame(Codec::kVp8, Packet{0x11, 0x50})) << "second partition";
  EXPECT_TRUE(starts_key_frame(Codec::kVp8, Packet{0x90, 0xe0, 0x81, 0x23, 0x07, 0x20, 0x50}));
  EXPECT_FALSE(starts_key_frame(Codec::kVp8, Packet{0x90, 0xe0, 0x81, 0x23, 0x07, 0x20})) << "no VP8 data";
}

TEST(KeyFrame, Vp9NeedsTheStartOfTheLowestLayerWithoutPrediction) {
  EXPECT_TRUE(starts_key_frame(Codec::kVp9, Packet{0x88, 0x01, 0x00}));
  EXPECT_FALSE(starts_key_frame(Codec::kVp9, Packet{0xc8, 0x01, 0x00})) << "inter picture";
  EXPECT_FALSE(starts_key_frame(Codec::kVp9, Packet{0x80, 0x01, 0x00})) << "not the start";
  EXPECT_FALSE(starts_key_frame(Codec::kVp9, Packet{0xa8, 0x01, 0x02, 0x00})) << "spatial layer 1";
  EXPECT_TRUE(starts_key_frame(Codec::kVp9, Packet{0xa8, 0x81, 0x01, 0x00, 0x00}));
}

TEST(KeyFrame, H264StartsAtParameterSetsOrIdr) {
  EXPECT_TRUE(starts_key_frame(Codec::kH264, Packet{0x65, 1}));
  EXPECT_TRUE(starts_key_frame(Codec::kH264, Packet{0x67, 1}));
  EXPECT_FALSE(starts_key_frame(Codec::kH264, Packet{0x61, 1}));
  EXPECT_TRUE(starts_key_frame(Codec::kH264, Packet{0x78, 0, 2, 0x09, 1, 0, 1, 0x67})) << "STAP-A";
  EXPECT_FALSE(starts_key_frame(Codec::kH264, Packet{0x78, 0, 2, 0x09, 1, 0, 9, 0x67})) << "unit overruns";
  EXPECT_FALSE(starts_key_frame(Codec::kH264, Packet{0x78, 0, 0, 0, 1, 0x67})) << "empty unit";
  EXPECT_TRUE(starts_key_frame(Codec::kH264, Packet{0x7c, 0x85, 1})) << "FU-A, start";
  EXPECT_FALSE(starts_key_frame(Codec::kH264, Packet{0x7c, 0x05, 1})) << "FU-A, middle";
  EXPECT_FALSE(starts_key_frame(Codec::kH264, Packet{0x7c})) << "FU-A without its header";
}

TEST(KeyFrame, H265StartsAtParameterSetsOrIrap) {
  EXPECT_TRUE(starts_key_frame(Codec::kH265, Packet{19 << 1, 1, 0}));
  EXPECT_TRUE(starts_key_frame(Codec::kH265, Packet{21 << 1, 1, 0})) << "CRA";
  EXPECT_TRUE(starts_key_frame(Codec::kH265, Packet{32 << 1, 1, 0})) << "VPS";
  EXPECT_FALSE(starts_key_frame(Codec::kH265, Packet{1 << 1, 1, 0}));
  EXPECT_FALSE(starts_key_frame(Codec::kH265, Packet{19 << 1 | 1, 1, 0})) << "a higher layer";
  EXPECT_FALSE(starts_key_frame(Codec::kH265, Packet{19 << 1}));
  EXPECT_TRUE(starts_key_frame(Codec::kH265, Packet{48 << 1, 1, 0, 2, 33 << 1, 1})) << "aggregate";
  EXPECT_TRUE(starts_key_frame(Codec::kH265, Packet{49 << 1, 1, 0x80 | 19})) << "fragment, start";
  EXPECT_FALSE(starts_key_frame(Codec::kH265, Packet{49 << 1, 1, 19})) << "fragment, middle";
}

TEST(KeyFrame, Av1StartsANewCodedVideoSequence) {
  EXPECT_TRUE(starts_key_frame(Codec::kAv1, Packet{0x18, 0x0a}));
  EXPECT_FALSE(starts_key_frame(Codec::kAv1, Packet{0x10, 0x32}));
  EXPECT_FALSE(starts_key_frame(Codec::kAv1, Packet{0x88, 0x0a})) << "continues a fragment";
  EXPECT_FALSE(starts_key_frame(Codec::kAv1, Packet{0x18})) << "no OBU";
}

TEST(KeyFrame, IsNeverFoundInAudioOrNothing) {
  EXPECT_FALSE(starts_key_frame(Codec::kOpus, Packet{0x10, 0x50}));
  for (const auto codec : {Codec::kVp8, Codec::kVp9, Codec::kH264, Codec::kH265, Codec::kAv1}) {
    EXPECT_FALSE(starts_key_frame(codec, {}));
  }
}

TEST(Vp8Descriptor, SaysWhereTheFieldsAreThatAForwarderRewrites) {
  const auto descriptor = Vp8Descriptor::parse(Packet{0x90, 0xf0, 0x81, 0x23, 0x07, 0x65, 0x50});
  ASSERT_TRUE(descriptor);
  EXPECT_EQ(descriptor->picture_id, 0x0123);
  EXPECT_TRUE(descriptor->long_picture_id);
  EXPECT_EQ(descriptor->picture_id_offset, 2u);
  EXPECT_EQ(descriptor->tl0_pic_index, 7);
  EXPECT_EQ(descriptor->tl0_pic_index_offset, 4u);
  EXPECT_EQ(descriptor->temporal_id, 1);
  EXPECT_TRUE(descriptor->layer_sync);
  EXPECT_EQ(descriptor->size, 6u);
}

TEST(Vp9Descriptor, ReadsTheLayers) {
  const auto descriptor = Vp9Descriptor::parse(Packet{0xac, 0x12, 0x53, 0x09});
  ASSERT_TRUE(descriptor);
  EXPECT_EQ(descriptor->picture_id, 0x12);
  EXPECT_EQ(descriptor->temporal_id, 2);
  EXPECT_TRUE(descriptor->switching_up);
  EXPECT_EQ(descriptor->spatial_id, 1);
  EXPECT_TRUE(descriptor->depends_on_lower);
  EXPECT_EQ(descriptor->tl0_pic_index, 9);
  EXPECT_FALSE(Vp9Descriptor::parse(Packet{0xac, 0x12, 0x53}));
}

}  // namespace
}  // namespace kms::rtc
