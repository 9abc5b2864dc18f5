// SPDX-License-Identifier: Apache-2.0
// Of packets in order: whole frames of pictures, and what is missing of sound.
#include <gtest/gtest.h>

#include <algorithm>

#include "kms-core/bridge/sound_track.hpp"
#include "kms-core/bridge/video_frames.hpp"
#include "kms-core/rtc/forwarding/packet_pool.hpp"

namespace kms::bridge {
namespace {

using std::chrono::milliseconds;

class VideoFramesTest : public testing::Test {
 protected:
  struct Given {
    uint32_t time;
    bool marker = false;
    bool key = false;
    uint64_t lost = 0;
    bool anew = false;
  };
  // How many packets each frame has that is complete now.
  std::vector<size_t> put(const Given& given) {
    auto packet = pool_.acquire();
    packet->timestamp = given.time;
    packet->marker = given.marker;
    packet->starts_key_frame = given.key;
    frames_.put({std::move(packet), given.lost, given.anew});
    std::vector<size_t> sizes;
    for (const auto& frame : frames_.frames()) sizes.push_back(frame.size());
    return sizes;
  }

  rtc::PacketPool pool_{4096};
  VideoFrames frames_;
};
using Sizes = std::vector<size_t>;

TEST_F(VideoFramesTest, BeginsWithAKeyFrame) {
  EXPECT_EQ(put({.time = 1, .marker = true}), Sizes{});
  EXPECT_TRUE(frames_.waits_for_key_frame());
  EXPECT_EQ(put({.time = 2, .key = true}), Sizes{});
  EXPECT_EQ(put({.time = 2, .marker = true}), Sizes{2});
  EXPECT_EQ(put({.time = 3, .marker = true}), Sizes{1});
}

TEST_F(VideoFramesTest, AfterALossNothingGoesOnBeforeTheNextKeyFrame) {
  put({.time = 1, .marker = true, .key = true});
  put({.time = 2});
  EXPECT_EQ(put({.time = 2, .marker = true, .lost = 1}), Sizes{}) << "half a frame";
  EXPECT_TRUE(frames_.waits_for_key_frame());
  EXPECT_EQ(put({.time = 3, .marker = true}), Sizes{});
  EXPECT_EQ(put({.time = 4, .marker = true, .key = true}), Sizes{1});
}

TEST_F(VideoFramesTest, AKeyFrameRightBehindALossIsGood) {
  put({.time = 1, .marker = true, .key = true});
  EXPECT_EQ(put({.time = 3, .marker = true, .key = true, .lost = 5}), Sizes{1});
}

TEST_F(VideoFramesTest, ASourceThatBeganAnewBeginsWithAKeyFrame) {
  put({.time = 1, .marker = true, .key = true});
  EXPECT_EQ(put({.time = 9, .marker = true, .anew = true}), Sizes{});
  EXPECT_EQ(put({.time = 9, .marker = true, .key = true, .anew = true}), Sizes{1});
}

TEST_F(VideoFramesTest, ASenderNeedNotMarkTheEndOfAFrame) {
  put({.time = 1, .key = true});
  put({.time = 1});
  EXPECT_EQ(put({.time = 2}), Sizes{2});
  EXPECT_EQ(put({.time = 3, .marker = true}), (Sizes{1, 1}));
}

TEST_F(VideoFramesTest, AFrameWithoutEndIsGivenUp) {
  put({.time = 1, .key = true});
  for (int i = 0; i < 3000; ++i) put({.time = 1});
  EXPECT_TRUE(frames_.waits_for_key_frame());
}

class SoundTrackTest : public testing::Test {
 protected:
  // Milliseconds: where each piece that is missing before the packet begins, and how long it is.
  std::string missing_before(int captured, uint64_t lost = 0, bool anew = false) {
    auto packet = pool_.acquire();
    packet->captured = rtc::TimePoint(milliseconds(captured));
    packet->bytes[0] = 0x08;  // Opus, 20 ms, one frame
    packet->media_size = packet->payload_size = 40;
    std::string text;
    for (const auto& piece : track_.missing_before({packet, lost, anew})) {
      const auto begin = piece.begin.time_since_epoch() / milliseconds(1);
      text += std::to_string(begin) + "+" + std::to_string(piece.length / milliseconds(1)) + " ";
    }
    return text;
  }

  rtc::PacketPool pool_{64};
  SoundTrack track_{rtc::Codec::kOpus};
};

TEST_F(SoundTrackTest, EachLostPacketIsAPieceOfItsLength) {
  EXPECT_EQ(missing_before(1000, 3), "") << "nothing was before";
  EXPECT_EQ(missing_before(1020), "");
  EXPECT_EQ(missing_before(1060, 1), "1040+20 ");
  EXPECT_EQ(missing_before(1140, 3), "1080+20 1100+20 1120+20 ");
}

TEST_F(SoundTrackTest, ASendersPauseIsNoLoss) {
  missing_before(1000);
  EXPECT_EQ(missing_before(1400), "");
  EXPECT_EQ(missing_before(1900, 1), "1420+20 ") << "what was lost is one packet";
}

TEST_F(SoundTrackTest, PiecesEndWhereTheNextPacketBegins) {
  missing_before(1000);
  EXPECT_EQ(missing_before(1050, 2), "1020+20 1040+10 ");
  EXPECT_EQ(missing_before(1060, 2), "") << "its time has not gone on";
}

TEST_F(SoundTrackTest, WhatIsGoneForLongIsNotConcealed) {
  missing_before(1000);
  EXPECT_EQ(missing_before(3000, 90), "");
  EXPECT_EQ(missing_before(9000, 0, true), "");
}

TEST(SoundDuration, IsReadFromThePayload) {
  const auto opus = [](std::vector<uint8_t> payload) {
    const auto found = duration_of(rtc::Codec::kOpus, payload);
    return found ? *found / std::chrono::microseconds(1) : -1;
  };
  EXPECT_EQ(opus({0x00}), 10000);
  EXPECT_EQ(opus({0x08}), 20000);
  EXPECT_EQ(opus({0x18}), 60000);
  EXPECT_EQ(opus({0x60}), 10000);
  EXPECT_EQ(opus({0x68}), 20000);
  EXPECT_EQ(opus({0x80}), 2500);
  EXPECT_EQ(opus({0xf8}), 20000);
  EXPECT_EQ(opus({0xf9}), 40000);
  EXPECT_EQ(opus({0xfb, 0x03}), 60000);
  EXPECT_EQ(opus({0xfb, 0x3f}), -1);
  EXPECT_EQ(opus({0xfb}), -1);
  EXPECT_EQ(opus({}), -1);
  EXPECT_EQ(*duration_of(rtc::Codec::kPcmu, std::vector<uint8_t>(160)), milliseconds(20));
  EXPECT_EQ(*duration_of(rtc::Codec::kG722, std::vector<uint8_t>(160)), milliseconds(20));
  EXPECT_FALSE(duration_of(rtc::Codec::kVp8, std::vector<uint8_t>(160)));
}

}  // namespace
}  // namespace kms::bridge
