// SPDX-License-Identifier: Apache-2.0
#include "kms-core/graph/planner.hpp"

#include <gtest/gtest.h>

namespace kms::graph {
namespace {

bool all(const std::string&) { return true; }
bool none(const std::string&) { return false; }
const Abilities kAll{all, all, all, all};
const Abilities kNothing{none, none, none, none};

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
  auto no_vp8 = kAll;
  no_vp8.can_encode = [](const std::string& codec) { return codec != "VP8"; };
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
  const auto reason = [](const Ends& ends) { return reason_of(choose_way(ends, kNothing).status()); };
  EXPECT_EQ(reason(video({encoded("H264")}, {raw()})), "NO_COMMON_FORMAT");
  EXPECT_EQ(reason(video({raw()}, {encoded("VP8")})), "NO_COMMON_FORMAT");
  EXPECT_EQ(reason(video({rtp("VP8")}, {encoded("VP8")})), "NO_COMMON_FORMAT");
  EXPECT_EQ(reason(video({encoded("VP8")}, {rtp("VP8")})), "NO_COMMON_FORMAT");
}

struct Case {
  Formats offers;
  Formats accepts;
  const char* way;
  const char* reason = "";
};

void PrintTo(const Case& each, std::ostream* out) { *out << each.way; }

class WaysBetweenThePlanes : public testing::TestWithParam<Case> {};

TEST_P(WaysBetweenThePlanes, DoNoMoreThanTheyMust) {
  const auto& [offers, accepts, expected, reason] = GetParam();

  const auto way = choose_way(video(offers, accepts), kAll);

  ASSERT_TRUE(way.ok()) << way.status();
  EXPECT_EQ(to_text(*way, v1::MEDIA_KIND_VIDEO), expected);
  EXPECT_EQ(way->reason, reason);
}

INSTANTIATE_TEST_SUITE_P(
    Each, WaysBetweenThePlanes,
    testing::Values(
        Case{{rtp("VP8")}, {rtp("H264"), rtp("VP8")}, "forward"},
        Case{{rtp("VP8")}, {encoded("VP8"), encoded("VP9")}, "depayload VP8"},
        Case{{rtp("VP8")}, {raw()}, "depayload VP8, decode VP8", "SINK_TAKES_RAW"},
        Case{{encoded("VP8")}, {rtp("H264"), rtp("VP8")}, "payload VP8"},
        Case{{raw()}, {rtp("VP8"), rtp("H264")}, "encode VP8, payload VP8", "SOURCE_IS_RAW"},
        Case{{rtp("VP8")},
             {rtp("H264")},
             "depayload VP8, decode VP8, encode H264, payload H264",
             "CODEC_NOT_ACCEPTED"},
        Case{{encoded("VP8")}, {rtp("H264")}, "decode VP8, encode H264, payload H264", "CODEC_NOT_ACCEPTED"},
        Case{{rtp("VP8")}, {encoded("H264")}, "depayload VP8, decode VP8, encode H264", "CODEC_NOT_ACCEPTED"},
        // Of several that the sink takes, what needs least.
        Case{{rtp("VP8")}, {encoded("H264"), raw(), encoded("VP8")}, "depayload VP8"},
        Case{{rtp("VP8")}, {encoded("H264"), raw()}, "depayload VP8, decode VP8", "SINK_TAKES_RAW"},
        Case{{rtp("VP8")}, {encoded("VP8"), rtp("VP8")}, "forward"},
        Case{{rtp("VP8"), encoded("H264")}, {encoded("H264")}, "copy"}));

TEST(Planner, TranscodesForReceiversOfRtpWhatComesOutOfOrder) {
  auto ends = video({encoded("H264")}, {rtp("H264")});
  ends.unsuitable = "STREAM_UNSUITABLE";

  const auto way = choose_way(ends, kAll);

  ASSERT_TRUE(way.ok());
  EXPECT_EQ(to_text(*way, v1::MEDIA_KIND_VIDEO), "decode H264, encode H264, payload H264");
  EXPECT_EQ(way->reason, "STREAM_UNSUITABLE");
}

TEST(Planner, TranscodesPacketsOfOtherParametersThanAgreed) {
  auto ends = video({rtp("H264")}, {rtp("H264")});
  ends.unsuitable = "STREAM_UNSUITABLE";

  const auto way = choose_way(ends, kAll);

  ASSERT_TRUE(way.ok());
  EXPECT_EQ(to_text(*way, v1::MEDIA_KIND_VIDEO), "depayload H264, decode H264, encode H264, payload H264");
}

TEST(Planner, CopiesWhatComesOutOfOrderIntoAFile) {
  auto ends = video({encoded("H264")}, {encoded("H264")});
  ends.unsuitable = "STREAM_UNSUITABLE";
  EXPECT_EQ(to_text(*choose_way(ends, kAll), v1::MEDIA_KIND_VIDEO), "copy");
}

TEST(Planner, ForwardsAndCopiesInASessionThatRefusesTranscoding) {
  for (const auto& accepted : {rtp("VP8"), encoded("VP8")}) {
    auto ends = video({rtp("VP8")}, {accepted});
    ends.refuse_transcoding = true;
    EXPECT_TRUE(choose_way(ends, kAll).ok()) << to_text(accepted, ends.kind);
  }
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
