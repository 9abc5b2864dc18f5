// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtp/picture_numbers.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace kms::rtc {
namespace {

using Payload = std::vector<uint8_t>;

Payload shifted(Codec codec, const PictureShift& shift, Payload payload) {
  shift_pictures(codec, shift, payload);
  return payload;
}

TEST(PictureNumbers, AreFoundAndChangedInVp8AndNothingElseIs) {
  const Payload both{0x90, 0xe0, 0x81, 0x23, 0x07, 0x60, 0x50, 0xff};
  const auto numbers = PictureNumbers::of(Codec::kVp8, both);
  EXPECT_EQ(numbers.picture_id, 0x0123);
  EXPECT_EQ(numbers.tl0_pic_index, 7);

  EXPECT_EQ(shifted(Codec::kVp8, {0x101, 3}, both),
            (Payload{0x90, 0xe0, 0x82, 0x24, 0x0a, 0x60, 0x50, 0xff}));
  EXPECT_EQ(shifted(Codec::kVp8, {2, 9}, {0x90, 0x80, 0x7f, 0x50}), (Payload{0x90, 0x80, 0x01, 0x50}));
  EXPECT_EQ(shifted(Codec::kVp8, {2, 9}, {0x90, 0x40, 0xff, 0x50}), (Payload{0x90, 0x40, 0x08, 0x50}));
}

TEST(PictureNumbers, AreFoundAndChangedInVp9AndNothingElseIs) {
  const Payload layered{0xac, 0x92, 0x34, 0x53, 0x09, 0x77};
  const auto numbers = PictureNumbers::of(Codec::kVp9, layered);
  EXPECT_EQ(numbers.picture_id, 0x1234);
  EXPECT_EQ(numbers.tl0_pic_index, 9);

  EXPECT_EQ(shifted(Codec::kVp9, {1, 1}, layered), (Payload{0xac, 0x92, 0x35, 0x53, 0x0a, 0x77}));
  EXPECT_EQ(shifted(Codec::kVp9, {1, 1}, {0x9c, 0x12, 0x77}), (Payload{0x9c, 0x13, 0x77}));
  EXPECT_EQ(shifted(Codec::kVp9, {1, 1}, {0x1c, 0x12, 0x77}), (Payload{0x1c, 0x12, 0x77}));
}

TEST(PictureNumbers, FollowTheLastOnesThroughTheirWraps) {
  const PictureNumbers first{uint16_t{20'000}, uint8_t{200}};
  const auto shift = first.shift_to_follow({uint16_t{0x7fff}, uint8_t{255}});

  EXPECT_EQ(first.moved(shift).picture_id, 0);
  EXPECT_EQ(first.moved(shift).tl0_pic_index, 0);
  const PictureNumbers later{uint16_t{20'005}, uint8_t{202}};
  EXPECT_EQ(later.moved(shift).picture_id, 5);
  EXPECT_EQ(later.moved(shift).tl0_pic_index, 2);
}

TEST(PictureNumbers, StayWhereNothingHasBeenSentOrNothingIsCounted) {
  const PictureNumbers first{uint16_t{20'000}, uint8_t{200}};
  EXPECT_FALSE(first.shift_to_follow({}));
  EXPECT_FALSE(PictureNumbers{}.shift_to_follow(first));

  const Payload h264{0x65, 0xff, 0xff, 0xff, 0xff, 0xff};
  EXPECT_EQ(shifted(Codec::kH264, {5, 5}, h264), h264);
  const Payload cut{0x90, 0xe0, 0x81};
  EXPECT_EQ(shifted(Codec::kVp8, {5, 5}, cut), cut);
  EXPECT_EQ(shifted(Codec::kVp8, {5, 5}, {}), Payload{});
}

}  // namespace
}  // namespace kms::rtc
