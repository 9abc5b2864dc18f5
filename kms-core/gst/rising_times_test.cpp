// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/rising_times.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "kms-core/gst/init.hpp"

namespace kms::gst {
namespace {

constexpr GstClockTime kNone = GST_CLOCK_TIME_NONE;
constexpr GstClockTime kPicture = 33 * GST_MSECOND;

struct Stamps {
  GstClockTime shown = kNone;
  GstClockTime decoded = kNone;
  bool operator==(const Stamps&) const = default;
};

class Rising : public testing::Test {
 protected:
  Rising() { init(); }
  Stamps raise(const Stamps& stamps, bool in_order = true, bool decode_only = false) {
    auto buffer = Ref<GstBuffer>::adopt(gst_buffer_new());
    GST_BUFFER_PTS(buffer.get()) = stamps.shown;
    GST_BUFFER_DTS(buffer.get()) = stamps.decoded;
    if (decode_only) GST_BUFFER_FLAG_SET(buffer.get(), GST_BUFFER_FLAG_DECODE_ONLY);
    times_.raise(buffer, in_order);
    return {GST_BUFFER_PTS(buffer.get()), GST_BUFFER_DTS(buffer.get())};
  }
  // Pictures from `from` on, as they come out.
  std::vector<GstClockTime> shown(GstClockTime from, unsigned count) {
    std::vector<GstClockTime> out;
    times_.begin();
    for (unsigned i = 0; i < count; ++i)
      out.push_back(raise({from + i * kPicture, from + i * kPicture}).shown);
    return out;
  }

  RisingTimes times_;
};

TEST_F(Rising, WhatRisesStaysAsItIs) {
  EXPECT_EQ(raise({0, 0}), (Stamps{0, 0}));
  EXPECT_EQ(raise({GST_SECOND, kPicture}), (Stamps{GST_SECOND, kPicture}));
  EXPECT_EQ(raise({kNone, kNone}), Stamps{});
  EXPECT_EQ(raise({kPicture + 1, kNone}), (Stamps{kPicture + 1, kNone}));
}

TEST_F(Rising, ASourceThatLagsIsPressedIntoLittleTimeAndHasItsOwnAgain) {
  shown(GST_SECOND, 1);
  const auto late = shown(GST_SECOND - 6 * kPicture, 12);

  EXPECT_GT(late[0], GST_SECOND);
  for (size_t i = 1; i < late.size(); ++i) EXPECT_GT(late[i], late[i - 1] + GST_MSECOND) << i;
  EXPECT_LT(late[5], GST_SECOND + kPicture);
  EXPECT_EQ(late[8], GST_SECOND + 2 * kPicture);
}

TEST_F(Rising, ATimeIsFilledThatTheSourceBeforeHasReached) {
  const auto filled = [this](GstClockTime time) {
    const auto buffer = Ref<GstBuffer>::adopt(gst_buffer_new());
    GST_BUFFER_PTS(buffer.get()) = time;
    return times_.is_filled(buffer.get());
  };
  EXPECT_FALSE(filled(0)) << "there was none";
  EXPECT_FALSE(filled(static_cast<GstClockTime>(-1000))) << "what an encoder puts in front";
  raise({GST_SECOND, kNone});
  EXPECT_FALSE(filled(GST_SECOND)) << "it is the same source";
  times_.begin();
  EXPECT_TRUE(filled(GST_SECOND));
  EXPECT_TRUE(filled(GST_SECOND - kPicture));
  EXPECT_TRUE(filled(GST_SECOND + 1)) << "containers count in milliseconds";
  EXPECT_FALSE(filled(GST_SECOND + GST_MSECOND));
  EXPECT_FALSE(filled(0)) << "it is another time";
}

TEST_F(Rising, WhatIsAtOneTimeIsTakenApart) {
  EXPECT_EQ(raise({GST_SECOND, kNone}).shown, GST_SECOND);
  EXPECT_EQ(raise({GST_SECOND, kNone}).shown, GST_SECOND + GST_MSECOND);
  EXPECT_EQ(raise({GST_SECOND, kNone}).shown, GST_SECOND + 2 * GST_MSECOND);
  EXPECT_EQ(raise({GST_SECOND + kPicture, kNone}).shown, GST_SECOND + kPicture);
}

TEST_F(Rising, ASourceThatBeginsLongBeforeIsLaterAsAWhole) {
  shown(100 * GST_SECOND, 1);
  const auto other = shown(10 * GST_SECOND, 10);

  EXPECT_GT(other[0], 100 * GST_SECOND);
  for (size_t i = 1; i < other.size(); ++i) EXPECT_GE(other[i], other[i - 1] + kPicture - GST_MSECOND);
}

// As a camera's: I P B B, each shown one picture later than it is decoded, or two.
TEST_F(Rising, PicturesThatAreShownInAnotherOrderStayInIt) {
  for (const bool with_decoding_times : {true, false}) {
    times_ = {};
    shown(GST_SECOND, 1);
    times_.begin();
    const GstClockTime begin = GST_SECOND - 4 * kPicture;
    const std::vector<unsigned> order{1, 4, 2, 3, 7, 5, 6, 10, 8, 9};
    std::vector<GstClockTime> by_order(order.size() + 1);
    GstClockTime decoded = 0;
    for (unsigned i = 0; i < order.size(); ++i) {
      const auto dts = with_decoding_times ? begin + i * kPicture : kNone;
      const auto out = raise({begin + order[i] * kPicture, dts}, false);
      by_order[order[i]] = out.shown;
      if (!with_decoding_times) continue;
      EXPECT_GT(out.decoded, decoded);
      EXPECT_GE(out.shown, out.decoded);
      decoded = out.decoded;
    }
    for (size_t i = 2; i < by_order.size(); ++i)
      EXPECT_GT(by_order[i], by_order[i - 1]) << i << with_decoding_times;
    EXPECT_GT(by_order[1], GST_SECOND);
  }
}

TEST_F(Rising, PicturesWithoutDecodingTimesAreMeasuredByTheSourceBefore) {
  times_.begin();
  EXPECT_EQ(raise({GST_SECOND, kNone}, false).shown, GST_SECOND);
  EXPECT_EQ(raise({GST_SECOND - kPicture, kNone}, false).shown, GST_SECOND - kPicture);
  times_.begin();
  EXPECT_GT(raise({GST_SECOND - kPicture, kNone}, false).shown, GST_SECOND);
}

TEST_F(Rising, NegativeTimesBeginAtZero) {
  const auto negative = static_cast<GstClockTime>(-2 * static_cast<GstClockTimeDiff>(kPicture));
  const auto first = raise({0, negative});
  EXPECT_EQ(first.decoded, 0U);
  EXPECT_LT(first.shown, kPicture);
  EXPECT_EQ(raise({3 * kPicture, negative + kPicture}).shown, 3 * kPicture);
}

// They come before the target of a seek, and say nothing about the time of what follows.
TEST_F(Rising, WhatIsOnlyDecodedMakesNothingLater) {
  shown(100 * GST_SECOND, 1);
  times_.begin();
  EXPECT_GT(raise({GST_SECOND, GST_SECOND}, true, true).shown, 100 * GST_SECOND);
  EXPECT_EQ(raise({101 * GST_SECOND, 101 * GST_SECOND}).shown, 101 * GST_SECOND);
}

// A minute of them before the target of a seek, whose decoding times were held up to one.
TEST_F(Rising, WhatIsOnlyDecodedTakesNoTime) {
  shown(GST_SECOND, 1);
  const GstClockTime target = GST_SECOND + kPicture;
  GstClockTime decoded = 0;
  for (GstClockTime i = 0; i < 1800; ++i) {
    const auto hidden = raise({target - 1800 + i, target - 2 * kPicture}, false, true);
    EXPECT_GT(hidden.decoded, decoded);
    EXPECT_EQ(hidden.shown, target - 1800 + i);
    decoded = hidden.decoded;
  }
  EXPECT_LT(decoded, GST_SECOND + GST_MSECOND);

  for (GstClockTime i = 0; i < 3; ++i) {
    const auto at = target + i * kPicture;
    const auto seen = raise({at + kPicture, at}, false);
    EXPECT_EQ(seen, (Stamps{at + kPicture, at})) << i;
  }
}

}  // namespace
}  // namespace kms::gst
