// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/peer/operating_points.hpp"

#include <gtest/gtest.h>

namespace kms::rtc {
namespace {

using namespace std::chrono_literals;

constexpr uint8_t kAll = LayerLimits::kAll;

class OperatingPointsTest : public ::testing::Test {
 protected:
  // A source of so many layers; each takes 1000 bit/s more than the one before, those of a spatial layer
  // first.
  SourceRef source(size_t spatial, size_t temporal, bool comes = true) {
    auto counters = std::make_shared<SourceCounters>();
    const auto begin = now_ - (comes ? 1s : 5s);
    counters->measure(begin);
    for (size_t i = 0; i < spatial * temporal; ++i) {
      LayerMarks marks;
      marks.known = true;
      marks.spatial = static_cast<uint8_t>(i / temporal);
      marks.temporal = static_cast<uint8_t>(i % temporal);
      counters->add(125 * (i + 1), begin);
      counters->layers().add(marks, 125 * (i + 1), begin);
    }
    counters->measure(begin + 1s);
    return std::make_shared<SourceTrack>(
        SourceTrack::Description{.id = ++id_, .codec = Codec::kVp9, .counters = counters});
  }
  OperatingPoints points(const LayerWish& wish = {}) { return OperatingPoints::of(encodings_, wish, now_); }
  static std::vector<LayerLimits> limits(const OperatingPoints& of) {
    std::vector<LayerLimits> all;
    for (size_t i = 0; i < of.count; ++i) all.push_back(of.all[i].limits);
    return all;
  }
  static std::vector<double> rates(const OperatingPoints& of) {
    std::vector<double> all;
    for (size_t i = 0; i < of.count; ++i) all.push_back(of.rates[i].bps);
    return all;
  }

  TimePoint now_ = TimePoint{} + 1h;
  uint64_t id_ = 0;
  std::vector<SourceRef> encodings_;
};

using All = std::vector<LayerLimits>;

TEST_F(OperatingPointsTest, OfOneEncodingReduceTheSmallestPictureInTime) {
  encodings_ = {source(3, 3)};
  const auto all = points();
  EXPECT_EQ(limits(all), (All{{0, 0}, {0, 1}, {0, kAll}, {1, kAll}, {kAll, kAll}}));
  EXPECT_EQ(rates(all), (std::vector<double>{1000, 3000, 6000, 21'000, 45'000}));
  LayerStream stream;
  all.describe(stream, {.preferred = 0, .most = 1});
  EXPECT_EQ(stream.preferred, 2u);
  EXPECT_EQ(stream.most, 3u);
}

TEST_F(OperatingPointsTest, OfSimulcastAreTheEncodingsAndTheSmallestReducedInTime) {
  encodings_ = {source(1, 3), source(1, 3)};
  const auto all = points();
  EXPECT_EQ(limits(all), (All{{kAll, 0}, {kAll, 1}, {kAll, kAll}, {kAll, kAll}}));
  EXPECT_EQ(all.all[3].encoding, 1u);
  EXPECT_EQ(all.find(1, {}), 3u);
  EXPECT_EQ(all.find(0, {kAll, 1}), 1u);
  EXPECT_EQ(all.find(0, {kAll, 2}), 2u);
}

TEST_F(OperatingPointsTest, AnEncodingThatDoesNotComeIsNotReduced) {
  encodings_ = {source(1, 3, false), source(1, 2)};
  const auto all = points();
  EXPECT_EQ(limits(all), (All{{kAll, kAll}, {kAll, 0}, {kAll, kAll}}));
  EXPECT_FALSE(all.rates[0].alive);
  EXPECT_EQ(all.all[1].encoding, 1u);
}

TEST_F(OperatingPointsTest, AWishBoundsTemporalLayersOfAll) {
  encodings_ = {source(2, 3)};
  EXPECT_EQ(limits(points({.most_temporal = 1})), (All{{0, 0}, {0, 1}, {kAll, 1}}));
  EXPECT_EQ(limits(points({.most_temporal = 0})), (All{{0, 0}, {kAll, 0}}));
}

// Or what is sent would seem to be above what may be sent.
TEST_F(OperatingPointsTest, NoneIsAboveTheWish) {
  encodings_ = {source(3, 2)};
  const LayerWish wish{.most = 1};
  const auto all = points(wish);
  EXPECT_EQ(limits(all), (All{{0, 0}, {0, kAll}, {1, kAll}}));
  LayerStream stream;
  all.describe(stream, wish);
  EXPECT_EQ(stream.most, 2U);
  EXPECT_EQ(all.find(0, {1, kAll}), 2U);
}

TEST_F(OperatingPointsTest, ABoundForLayersThatATrackHasNotTakesNothingFromItsRate) {
  auto counters = std::make_shared<SourceCounters>();
  counters->measure(now_ - 1s);
  counters->add(125, now_ - 1s);
  counters->measure(now_);
  encodings_ = {std::make_shared<SourceTrack>(
      SourceTrack::Description{.id = ++id_, .codec = Codec::kH264, .counters = counters})};
  EXPECT_EQ(rates(points({.most_temporal = 0})), std::vector<double>{1000});
}

// What is not known yet must not be what is asked for.
TEST_F(OperatingPointsTest, AWishCountsForLayersThatBeginLater) {
  encodings_ = {source(1, 1)};
  EXPECT_EQ(limits(points({.preferred = 1, .most_temporal = 0})), (All{{1, 0}}));
  EXPECT_EQ(limits(points()), (All{{}}));
}

}  // namespace
}  // namespace kms::rtc
