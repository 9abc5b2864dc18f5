// SPDX-License-Identifier: Apache-2.0
#include "kms-core/graph/planner.hpp"

#include <gtest/gtest.h>

namespace kms::graph {
namespace {

const Abilities kAll{[](const std::string&) { return true; }, [](const std::string&) { return true; }};

Ends video(Formats offers, Formats accepts) {
  return {v1::MEDIA_KIND_VIDEO, std::move(offers), std::move(accepts)};
}

TEST(Planner, CopiesWhatTheSinkTakes) {
  const auto way = choose_way(video({encoded("H264")}, {encoded("VP8"), encoded("H264")}), kAll);
  ASSERT_TRUE(way.ok());
  EXPECT_FALSE(way->transcodes());
  EXPECT_EQ(way->to, encoded("H264"));
  EXPECT_EQ(to_text(*way, v1::MEDIA_KIND_VIDEO), "copy");
}

TEST(Planner, DecodesForASinkOfRawMedia) {
  const auto way = choose_way(video({encoded("H264")}, {raw()}), kAll);
  ASSERT_TRUE(way.ok());
  EXPECT_TRUE(way->decode);
  EXPECT_FALSE(way->encode);
  EXPECT_EQ(way->reason, "SINK_TAKES_RAW");
}

TEST(Planner, EncodesRawMediaToTheSinksFirstCodec) {
  const auto way = choose_way(video({raw()}, {encoded("VP8"), encoded("VP9")}), kAll);
  ASSERT_TRUE(way.ok());
  EXPECT_FALSE(way->decode);
  EXPECT_EQ(way->to, encoded("VP8"));
  EXPECT_EQ(way->reason, "SOURCE_IS_RAW");
}

TEST(Planner, SkipsCodecsThatNobodyHereEncodes) {
  const Abilities no_vp8{kAll.can_decode, [](const std::string& codec) { return codec != "VP8"; }};
  const auto way = choose_way(video({raw()}, {encoded("VP8"), encoded("VP9")}), no_vp8);
  ASSERT_TRUE(way.ok());
  EXPECT_EQ(way->to, encoded("VP9"));
}

TEST(Planner, DecodesAndEncodesWhenTheCodecIsNotAccepted) {
  const auto way = choose_way(video({encoded("H264")}, {encoded("VP8")}), kAll);
  ASSERT_TRUE(way.ok());
  EXPECT_TRUE(way->decode && way->encode);
  EXPECT_EQ(to_text(*way, v1::MEDIA_KIND_VIDEO), "decode H264, encode VP8");
}

TEST(Planner, RefusesTranscodingOnlyWhereItIsNeeded) {
  auto ends = video({encoded("H264")}, {raw()});
  ends.refuse_transcoding = true;
  EXPECT_EQ(reason_of(choose_way(ends, kAll).status()), "TRANSCODING_REFUSED");
  ends.accepts = {encoded("H264")};
  EXPECT_TRUE(choose_way(ends, kAll).ok());
}

TEST(Planner, SaysWhenNothingConverts) {
  const Abilities none{[](const std::string&) { return false; }, [](const std::string&) { return false; }};
  EXPECT_EQ(reason_of(choose_way(video({encoded("H264")}, {raw()}), none).status()), "NO_COMMON_FORMAT");
  EXPECT_EQ(reason_of(choose_way(video({raw()}, {encoded("VP8")}), none).status()), "NO_COMMON_FORMAT");
}

TEST(Planner, WaitsForASourceThatDoesNotKnowItsFormat) {
  const auto way = choose_way(video({}, {raw()}), kAll);
  ASSERT_TRUE(way.ok());
  EXPECT_FALSE(way->known);
}

TEST(Ladder, PicksTheLowestStepThatSuits) {
  EXPECT_EQ(rung_for_height(100).bitrate_bps, 150'000U);
  EXPECT_EQ(rung_for_height(360).bitrate_bps, 500'000U);
  EXPECT_EQ(rung_for_height(720).bitrate_bps, 1'500'000U);
  EXPECT_EQ(rung_for_height(2160).bitrate_bps, 4'000'000U);
}

}  // namespace
}  // namespace kms::graph
