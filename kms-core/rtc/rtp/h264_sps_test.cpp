// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtp/h264_sps.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kms::rtc {
namespace {

std::vector<uint8_t> bytes_of(const std::string& hex) {
  std::vector<uint8_t> out;
  for (size_t i = 0; i + 1 < hex.size(); i += 2)
    out.push_back(static_cast<uint8_t>(std::stoul(hex.substr(i, 2), nullptr, 16)));
  return out;
}

// Of x264, 320x240.
constexpr char kHighWithB[] = "6764000dacd94141fb0110000003001000000303c0f1429960";
constexpr char kHighWithoutB[] = "6764000dacb20283f60220000003002000000781e28549";
constexpr char kHighWithoutBWithHrd[] =
    "67640014acb20283f6022000000300200000078c08001e848003d09498600f142a48";
constexpr char kMainWithB[] = "674d400deca0a0fd8088000003000800000301e078a14cb0";
constexpr char kBaseline[] = "6742c00dd90141fb0110000003001000000303c0f142a480";

TEST(H264Sps, TellsWhetherPicturesComeInAnotherOrder) {
  EXPECT_EQ(h264_reorders(bytes_of(kHighWithB)), true);
  EXPECT_EQ(h264_reorders(bytes_of(kMainWithB)), true);
  EXPECT_EQ(h264_reorders(bytes_of(kHighWithoutB)), false);
  EXPECT_EQ(h264_reorders(bytes_of(kHighWithoutBWithHrd)), false);
  EXPECT_EQ(h264_reorders(bytes_of(kBaseline)), false);
}

// VUI says it also where the type of the picture order count does not: 0, and max_num_reorder_frames 0.
// Without a word of it B-frames must be reckoned with, but for profiles that have none.
TEST(H264Sps, GoesByWhatIsSaid) {
  // Main, 16x16: order type 0; VUI of nothing but the restriction, with 0 and with 1 reordered.
  EXPECT_EQ(h264_reorders(bytes_of("674d0028f4f403fa80")), false);
  EXPECT_EQ(h264_reorders(bytes_of("674d0028f4f403f4a0")), true);
  EXPECT_EQ(h264_reorders(bytes_of("674d0028f4f2")), true) << "no VUI";
  EXPECT_EQ(h264_reorders(bytes_of("67420028f4f2")), false) << "baseline";
}

TEST(H264Sps, SaysNothingOfWhatIsBroken) {
  const auto whole = bytes_of(kHighWithB);
  for (size_t size = 0; size + 4 < whole.size(); ++size)
    EXPECT_EQ(h264_reorders(Bytes(whole).first(size)), std::nullopt) << size;
  EXPECT_EQ(h264_reorders(bytes_of("68ebec4f2c")), std::nullopt) << "another unit";
  EXPECT_EQ(h264_reorders(std::vector<uint8_t>(100, 0)), std::nullopt);
}

// Found by fuzzing: a scaling list whose steps are as long as a number can be.
TEST(H264Sps, SurvivesScalingListsOfAnyStep) {
  // High, with a matrix, whose first list goes to 110 and then on by the greatest step.
  EXPECT_EQ(h264_reorders(bytes_of("67640028ad80cc0000030001fffffffd")), std::nullopt);
}

TEST(H264Sps, IsFoundInAConfigurationRecord) {
  const auto record = bytes_of(
      "0164000dffe10005"
      "6764000dac"
      "01000668ebe3cb22c0");
  const auto found = h264_sps_of(record);
  EXPECT_EQ(std::vector<uint8_t>(found.begin(), found.end()), bytes_of("6764000dac"));
  EXPECT_TRUE(h264_sps_of(bytes_of("0164000dffe00100")).empty()) << "none in it";
  EXPECT_TRUE(h264_sps_of(bytes_of("0164000dffe1ffff67")).empty()) << "longer than the record";
  EXPECT_TRUE(h264_sps_of({}).empty());
}

}  // namespace
}  // namespace kms::rtc
