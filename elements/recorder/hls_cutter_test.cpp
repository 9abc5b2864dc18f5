// SPDX-License-Identifier: Apache-2.0
#include "elements/recorder/hls_cutter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kms::recorder {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

constexpr int64_t kMs = 1'000'000;

Sample picture(int64_t ms, bool key) { return {1, {}, ms * kMs, 100 * kMs, key}; }
Sample sound(int64_t ms) { return {0, {}, ms * kMs, 20 * kMs, true}; }

std::vector<int64_t> times(const HlsCutter::Piece& piece) {
  std::vector<int64_t> out;
  for (const auto& sample : piece.samples) out.push_back(sample.time / kMs);
  return out;
}

TEST(HlsCutter, EndsASegmentBeforeTheFirstKeyFrameThatIsLateEnough) {
  HlsCutter cutter(1, 1s);

  const auto first = cutter.cut({picture(0, true), picture(500, true), picture(900, false)});
  const auto second = cutter.cut({picture(1000, false), picture(1200, true), picture(1300, false)});

  ASSERT_EQ(first.size(), 1U);
  EXPECT_FALSE(first[0].ends);
  ASSERT_EQ(second.size(), 2U);
  EXPECT_THAT(times(second[0]), ElementsAre(1000));
  EXPECT_EQ(second[0].ends, 1200ms);
  EXPECT_THAT(times(second[1]), ElementsAre(1200, 1300));
  EXPECT_FALSE(second[1].ends);
  EXPECT_EQ(cutter.rest(), 200ms);
}

TEST(HlsCutter, SoundGoesWhereItsTimeBelongs) {
  HlsCutter cutter(1, 1s);

  const auto pieces = cutter.cut(
      {picture(0, true), sound(0), sound(980), sound(1000), sound(1020), picture(1000, true), sound(1040)});

  ASSERT_EQ(pieces.size(), 2U);
  EXPECT_THAT(times(pieces[0]), ElementsAre(0, 0, 980));
  EXPECT_THAT(times(pieces[1]), ElementsAre(1000, 1020, 1000, 1040));
}

TEST(HlsCutter, SaysWhenAKeyFrameIsDue) {
  HlsCutter cutter(1, 1s);
  cutter.cut({picture(0, true), picture(800, false)});
  EXPECT_FALSE(cutter.is_due());
  cutter.cut({picture(900, false)});
  EXPECT_TRUE(cutter.is_due());
  cutter.cut({picture(1000, true)});
  EXPECT_FALSE(cutter.is_due());
}

TEST(HlsCutter, SoundAloneIsCutAnywhere) {
  HlsCutter cutter(0, 1s);
  std::vector<Sample> samples;
  for (int64_t ms = 0; ms < 2500; ms += 20) samples.push_back(sound(ms));

  const auto pieces = cutter.cut(samples);

  ASSERT_EQ(pieces.size(), 3U);
  EXPECT_EQ(pieces[0].ends, 980ms);  // within the tolerance
  EXPECT_EQ(cutter.rest(), 540ms);
}

}  // namespace
}  // namespace kms::recorder
