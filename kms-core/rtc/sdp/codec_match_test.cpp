// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/sdp/codec_match.hpp"

#include <gtest/gtest.h>

#include "kms-core/rtc/sdp/format_parameters.hpp"

namespace kms::rtc {
namespace {

PayloadFormat format(const std::string& encoding, const std::string& parameters, uint8_t type = 96) {
  PayloadFormat payload;
  payload.type = type;
  payload.encoding = encoding;
  payload.clock_rate = encoding == "opus" ? 48000 : 90000;
  payload.channels = encoding == "opus" ? 2 : 1;
  payload.parameters = parameters;
  return payload;
}

bool h264(const std::string& offered, const std::string& ours) {
  return matches(format("H264", offered), {Codec::kH264, ours});
}

TEST(CodecMatch, KnowsCodecsByNameClockAndChannels) {
  EXPECT_EQ(codec_of(format("vp8", "")), Codec::kVp8) << "the case does not matter";
  EXPECT_EQ(codec_of(format("opus", "")), Codec::kOpus);
  EXPECT_FALSE(codec_of(format("rtx", "apt=96")));
  EXPECT_FALSE(codec_of(format("ulpfec", "")));
  auto odd = format("VP8", "");
  odd.clock_rate = 48000;
  EXPECT_FALSE(codec_of(odd));
  auto mono = format("opus", "");
  mono.channels = 1;
  EXPECT_FALSE(codec_of(mono));
}

TEST(CodecMatch, LeavesPayloadTypesThatLookLikeRtcp) {
  EXPECT_FALSE(codec_of(format("VP8", "", 72)));
  EXPECT_TRUE(codec_of(format("VP8", "", 63)));
}

TEST(CodecMatch, H264NeedsTheSameProfile) {
  EXPECT_TRUE(h264("profile-level-id=42e01f", "profile-level-id=42e01f"));
  EXPECT_TRUE(h264("profile-level-id=42c01f", "profile-level-id=42e01f")) << "two ways to write one profile";
  EXPECT_TRUE(h264("profile-level-id=4d801f", "profile-level-id=42e01f")) << "main with set0 is that, too";
  EXPECT_FALSE(h264("profile-level-id=42001f", "profile-level-id=42e01f")) << "baseline is not constrained";
  EXPECT_FALSE(h264("profile-level-id=64001f", "profile-level-id=42e01f"));
  EXPECT_FALSE(h264("profile-level-id=640c1f", "profile-level-id=64001f"));
  EXPECT_FALSE(h264("profile-level-id=7a001f", "profile-level-id=7a001f")) << "a profile nobody sends";
}

TEST(CodecMatch, H264NeedsTheSamePacketizationMode) {
  EXPECT_FALSE(
      h264("profile-level-id=42e01f;packetization-mode=0", "profile-level-id=42e01f;packetization-mode=1"));
  EXPECT_FALSE(h264("profile-level-id=42e01f", "profile-level-id=42e01f;packetization-mode=1"))
      << "0 is the default";
  EXPECT_TRUE(
      h264("packetization-mode=1;profile-level-id=42E01F", "profile-level-id=42e01f; packetization-mode=1"));
}

TEST(CodecMatch, H264NeedsALevelThatThePeerTakes) {
  EXPECT_FALSE(h264("profile-level-id=42e01f", "profile-level-id=42e028"));
  EXPECT_TRUE(h264("profile-level-id=42e028", "profile-level-id=42e01f"));
  EXPECT_TRUE(h264("level-asymmetry-allowed=1;profile-level-id=42e01f", "profile-level-id=42e028"));
}

TEST(CodecMatch, H264WithAnUnreadableProfileMatchesNothing) {
  for (const auto* id : {"42e0", "42e01f00", "zzzzzz", ""}) {
    EXPECT_FALSE(h264(std::string("profile-level-id=") + id, "")) << id;
  }
  EXPECT_TRUE(h264("", "")) << "without one it is baseline";
}

TEST(CodecMatch, AReceiverTakesWhatItsDecoderTakes) {
  const auto takes_this = [](const char* receiver, const char* sender) {
    return takes(Codec::kH264, std::string("packetization-mode=1;profile-level-id=") + receiver,
                 std::string("packetization-mode=1;profile-level-id=") + sender);
  };
  for (const auto* receiver : {"42001f", "42e01f", "4d001f", "64001f", "640c1f"}) {
    EXPECT_TRUE(takes_this(receiver, "42e01f")) << receiver;
  }
  EXPECT_FALSE(takes_this("42e01f", "42001f")) << "baseline has tools that constrained baseline has not";
  EXPECT_FALSE(takes_this("4d001f", "64001f"));
  EXPECT_TRUE(takes_this("64001f", "4d001f"));
  EXPECT_FALSE(takes_this("7a001f", "42e01f"));
  EXPECT_FALSE(takes_this("42e01f", "42e028")) << "the level is too high";
  EXPECT_FALSE(
      takes(Codec::kH264, "profile-level-id=42e01f", "packetization-mode=1;profile-level-id=42e01f"));
  EXPECT_TRUE(takes(Codec::kH264, "packetization-mode=1;profile-level-id=42e01f", "profile-level-id=42e01f"));
  EXPECT_TRUE(takes(Codec::kH264, "packetization-mode=1", "packetization-mode=1;profile-level-id=42e028"));
  EXPECT_TRUE(takes(Codec::kH264, "", "packetization-mode=1;profile-level-id=42e01f"))
      << "nothing is known of it";
  EXPECT_FALSE(takes(Codec::kH264, "", "packetization-mode=1;profile-level-id=64001f"));
  EXPECT_FALSE(takes(Codec::kVp9, "profile-id=0", "profile-id=2"));
}

TEST(CodecMatch, Vp9Av1AndH265NeedTheSameProfile) {
  EXPECT_TRUE(matches(format("VP9", ""), {Codec::kVp9, "profile-id=0"}));
  EXPECT_FALSE(matches(format("VP9", "profile-id=2"), {Codec::kVp9, "profile-id=0"}));
  EXPECT_FALSE(matches(format("AV1", "profile=1"), {Codec::kAv1, "level-idx=5;profile=0"}));
  EXPECT_TRUE(matches(format("H265", "profile-id=1;tier-flag=0"), {Codec::kH265, "level-id=93"}));
  EXPECT_FALSE(matches(format("H265", "profile-id=2"), {Codec::kH265, "profile-id=1"}));
}

TEST(FormatParameters, AreFoundWhateverTheirOrderAndBlanks) {
  EXPECT_EQ(parameter_of("a=1; B = 2 ;c", "b"), "2");
  EXPECT_EQ(parameter_of("a=1;c", "c"), "");
  EXPECT_FALSE(parameter_of("ab=1", "a"));
  EXPECT_EQ(repaired_type_of("apt=96"), 96);
  EXPECT_FALSE(repaired_type_of("apt=960"));
  EXPECT_FALSE(repaired_type_of(""));
}

}  // namespace
}  // namespace kms::rtc
