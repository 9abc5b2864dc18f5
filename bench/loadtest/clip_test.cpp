// SPDX-License-Identifier: Apache-2.0
#include "bench/loadtest/clip.hpp"

#include <gtest/gtest.h>

#include "bench/loadtest/stamp.hpp"

namespace kms::rtc::loadtest {
namespace {

using Octets = std::vector<uint8_t>;

void append(Octets& to, const Octets& bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

// IVF of 25 frames per second with the given frames.
Octets ivf(const std::vector<Octets>& frames, const std::string& codec = "VP80") {
  Octets file{'D', 'K', 'I', 'F', 0, 0, 32, 0};
  append(file, {codec.begin(), codec.end()});
  append(file, {64, 0, 48, 0, 25, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  for (const auto& frame : frames) {
    append(file, {static_cast<uint8_t>(frame.size()), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    append(file, frame);
  }
  return file;
}

const Octets kKey{0x10, 2, 3};
const Octets kOther{0x11, 2};

TEST(Clip, IsMadeOfOneKeyFrameAndOthersAtTheWantedRate) {
  const auto clip = made_clip({.frames_per_second = 30, .bitrate_bps = 1e6, .seconds = 4});

  ASSERT_EQ(clip.frames.size(), 120u);
  EXPECT_TRUE(clip.frames[0].key);
  EXPECT_NEAR(clip.bitrate_bps(), 1e6, 5e4);
  EXPECT_EQ(clip.frames[0].bytes[0] & 1, 0);
  EXPECT_EQ(Octets(clip.frames[0].bytes.begin() + 3, clip.frames[0].bytes.begin() + 10),
            (Octets{0x9d, 0x01, 0x2a, 0x00, 0x05, 0xd0, 0x02}));
  for (size_t i = 1; i < clip.frames.size(); ++i) ASSERT_EQ(clip.frames[i].bytes[0] & 1, 1) << i;
}

TEST(Clip, HasRoomForHeadersHoweverLowItsRate) {
  for (const auto& frame : made_clip({.bitrate_bps = 1}).frames) EXPECT_GE(frame.bytes.size(), 10u);
}

TEST(Clip, GoesToTheNextKeyFrameWhenAskedForOne) {
  const auto clip = *read_ivf(ivf({kKey, kOther, kKey, kOther}));

  EXPECT_EQ(clip.key_frame_from(0), 0u);
  EXPECT_EQ(clip.key_frame_from(1), 2u);
  EXPECT_EQ(clip.key_frame_from(3), 0u);
}

TEST(Clip, IsReadFromIvf) {
  const auto clip = read_ivf(ivf({kKey, kOther}));

  ASSERT_TRUE(clip.ok()) << message_of(clip.status());
  ASSERT_EQ(clip->frames.size(), 2u);
  EXPECT_EQ(clip->frame_time, std::chrono::milliseconds(40));
  EXPECT_EQ(clip->frames[0].bytes, kKey);
  EXPECT_TRUE(clip->frames[0].key);
  EXPECT_EQ(clip->frames[1].bytes, kOther);
  EXPECT_FALSE(clip->frames[1].key);
}

TEST(Clip, SaysWhatIsWrongWithAFile) {
  auto longer = ivf({kKey});
  longer[32] = 200;
  auto slow = ivf({kKey});
  slow[16] = 0;
  for (const auto& file : {Octets{}, ivf({kKey}, "VP90"), ivf({}), ivf({kOther, kKey}), longer, slow,
                           ivf({kKey, {}, kKey}), Octets(40, 'x')}) {
    EXPECT_EQ(reason_of(read_ivf(file).status()), "CLIP_INVALID");
  }
}

TEST(Stamp, IsReadByTheRunThatWroteIt) {
  const Stamps ours(7), others(8);
  Octets payload(30, 1);
  const auto sent = TimePoint(std::chrono::seconds(5));
  ours.write(&payload[14], {3, sent});

  const auto stamp = ours.read(payload);
  ASSERT_TRUE(stamp);
  EXPECT_EQ(stamp->room, 3u);
  EXPECT_EQ(stamp->sent, sent);
  EXPECT_FALSE(others.read(payload));
  EXPECT_FALSE(ours.read(Bytes(payload).first(29)));
  EXPECT_FALSE(ours.read(Bytes(payload).last(15)));
}

}  // namespace
}  // namespace kms::rtc::loadtest
