// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/forwarding/temporal_pattern.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace kms::rtc {
namespace {

// Pictures by their temporal layers; '-' is one that did not come, blanks are for the eye.
class TemporalPatternTest : public ::testing::Test {
 protected:
  void come(std::string_view pictures) {
    for (const char layer : pictures) {
      if (layer == ' ') continue;
      if (layer != '-') pattern_.note(marks(layer));
      ++next_;
    }
  }
  // What it says of the last `count`, the next picture being of `layer`.
  bool above(uint8_t most, char layer, uint16_t count = 1) {
    return pattern_.shows_above(most, marks(layer), count);
  }
  LayerMarks marks(char layer) const {
    LayerMarks marks;
    marks.temporal = static_cast<uint8_t>(layer - '0');
    marks.id_mask = mask_;
    marks.picture_id = next_ & mask_;
    return marks;
  }

  TemporalPattern pattern_;
  uint16_t mask_ = 0x7fff;
  uint16_t next_ = 0x7ffa;  // wraps
};

TEST_F(TemporalPatternTest, TellsOfWhichLayersLostPicturesWere) {
  come("02120212 0-");
  EXPECT_TRUE(above(1, '1'));
  EXPECT_FALSE(above(2, '1'));
  come("12 02120212 02-");
  EXPECT_FALSE(above(1, '2')) << "it was of layer 1";
  EXPECT_TRUE(above(0, '2'));
}

TEST_F(TemporalPatternTest, TellsOfSeveralAndOfNumbersOfSevenBits) {
  mask_ = 0x7f;
  next_ = 0x7a;
  come("03231323 03231323 0--");
  EXPECT_FALSE(above(2, '3', 2)) << "one was of layer 2";
  EXPECT_TRUE(above(1, '3', 2));
}

TEST_F(TemporalPatternTest, SaysNothingOfWhatItDoesNotKnow) {
  come("0212 0-");
  EXPECT_FALSE(above(0, '1')) << "no turn before this one";
  come("12 021202--------");
  EXPECT_FALSE(above(0, '2', 8)) << "a whole turn is missing";
  come("1202-");
  EXPECT_FALSE(above(0, '2')) << "eight pictures before it something was lost";
}

TEST_F(TemporalPatternTest, SaysNothingWhereTheEncoderLeftAPictureOut) {
  come("02120212 012 02-");
  EXPECT_FALSE(above(0, '2'));
}

TEST_F(TemporalPatternTest, ALatePictureTellsToo) {
  come("0212 0-12");
  next_ -= 3;
  come("2");
  next_ += 2;
  come("0212 0-");
  EXPECT_TRUE(above(1, '1'));
}

}  // namespace
}  // namespace kms::rtc
