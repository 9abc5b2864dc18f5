// SPDX-License-Identifier: Apache-2.0
#include "kms-core/mix/packet_sound.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "kms-core/rtc/forwarding/packet_pool.hpp"
#include "tests/support/ear.hpp"

namespace kms::mix {
namespace {

using kms::test::tone;
using kms::test::tone_db;
using std::chrono::milliseconds;

constexpr double kHz = 700;

// A sender of a tone, block by block, and the sound that its packets become.
class PacketSoundTest : public testing::Test {
 protected:
  // The next packet; `level`: what it says, or nothing.
  rtc::PacketRef make(std::optional<uint8_t> level) {
    const auto sound = tone(kHz, kBlockFrames, sent_ * kBlockFrames);
    const auto bytes = encoder_.encode(sound);
    auto packet = pool_.acquire();
    packet->index = 1000 + sent_++;
    packet->media_size = static_cast<uint16_t>(bytes.size());
    packet->payload_size = packet->media_size;
    std::copy(bytes.begin(), bytes.end(), packet->bytes.begin());
    if (level) {
      packet->extension_count = 1;
      packet->extensions[0] = {rtc::ExtensionKind::kAudioLevel, 1, {static_cast<uint8_t>(0x80 | *level)}};
    }
    return packet;
  }
  void put(rtc::PacketRef packet) { sound_.put(std::move(packet), now_); }
  // A block of the mixer's time. What was taken is in heard_.
  uint8_t block(bool wanted = true) {
    now_ += milliseconds(20);
    const auto level = sound_.listen(now_);
    Block out;
    if (!wanted) {
      sound_.pass();
    } else if (sound_.take(out)) {
      heard_.insert(heard_.end(), out.begin(), out.end());
    }
    return level;
  }
  void flow(int blocks, std::optional<uint8_t> level = 30, bool wanted = true) {
    for (int i = 0; i < blocks; ++i) {
      put(make(level));
      block(wanted);
    }
  }

  // How loud a tone is in the last of what was heard: so little of it that it may be stretched a bit.
  double last_db(double hz) const {
    return tone_db(
        {heard_.end() - static_cast<ptrdiff_t>(std::min(heard_.size(), 2 * kBlockFrames)), heard_.end()}, hz);
  }

  rtc::PacketPool pool_{4096};
  rtc::TimePoint now_{milliseconds(5000)};
  OpusSoundEncoder encoder_{{}};
  PacketSound sound_{nullptr, 1};
  uint64_t sent_ = 0;
  std::vector<int16_t> heard_;
};

TEST_F(PacketSoundTest, IsDecodedBlockByBlock) {
  flow(100);
  EXPECT_GE(heard_.size(), 95 * kBlockFrames);
  EXPECT_NEAR(last_db(kHz), -6, 1);
  EXPECT_LT(last_db(kHz + 200), -45);
}

TEST_F(PacketSoundTest, WhoSaysHowLoudHeIsIsNotDecodedUnlessWanted) {
  flow(100, 42, false);
  EXPECT_EQ(sound_.decoded(), 0U);
  EXPECT_EQ(block(false), 42);

  flow(3, 42, true);
  EXPECT_NEAR(last_db(kHz), -6, 1.5) << "the decoder has seen what was before";
  flow(50, 42, true);
  EXPECT_GT(sound_.decoded(), 45U);
  EXPECT_NEAR(last_db(kHz), -6, 1);
}

TEST_F(PacketSoundTest, WhoDoesNotSayItIsDecodedToKnow) {
  flow(50, std::nullopt, false);
  EXPECT_GT(sound_.decoded(), 40U);
  put(make(std::nullopt));
  EXPECT_NEAR(block(true), 9, 2);  // a tone at half the loudest: 6 dB, and 3 of a sine's
}

TEST_F(PacketSoundTest, LostPacketsAreConcealed) {
  flow(50);
  heard_.clear();
  for (int i = 0; i < 100; ++i) {
    auto packet = make(30);
    if (i % 10 != 5) put(std::move(packet));
    block();
  }
  EXPECT_GT(last_db(kHz), -8);
  EXPECT_LE(heard_.size(), 100 * kBlockFrames);
}

TEST_F(PacketSoundTest, PacketsInAnotherOrderAreHeardInTheirs) {
  flow(20);
  heard_.clear();
  for (int i = 0; i < 50; ++i) {
    auto first = make(30);
    auto second = make(30);
    put(std::move(second));
    block();
    put(std::move(first));
    block();
  }
  EXPECT_NEAR(last_db(kHz), -6, 1);
  EXPECT_LT(last_db(kHz + 200), -45);
}

TEST_F(PacketSoundTest, WhatComesLateByMuchIsNoEcho) {
  flow(50);
  std::vector<rtc::PacketRef> held;
  for (int i = 0; i < 60; ++i) {
    held.push_back(make(30));
    block();
  }
  heard_.clear();
  for (auto& packet : held) put(std::move(packet));
  int heard = 0;
  for (int i = 0; i < 30; ++i) {
    const auto before = heard_.size();
    block();
    heard += heard_.size() > before ? 1 : 0;
  }
  EXPECT_LE(heard, 12) << "of 60 late blocks";
}

TEST_F(PacketSoundTest, WhatIsNoOpusIsLeftOut) {
  flow(20);
  for (int i = 0; i < 20; ++i) {
    auto packet = make(30);
    std::fill_n(packet->bytes.begin(), packet->media_size, static_cast<uint8_t>(0xff));
    put(std::move(packet));
    block();
  }
  auto empty = make(30);
  empty->media_size = 0;
  put(std::move(empty));
  block();
  flow(100);
  EXPECT_GE(heard_.size(), 90 * kBlockFrames);
}

TEST_F(PacketSoundTest, SilenceIsSaidWhereNothingComes) {
  EXPECT_EQ(block(), kSilent);
  flow(20, 30);
  EXPECT_EQ(block(), 30);
  for (int i = 0; i < 10; ++i) block();
  EXPECT_EQ(block(), kSilent);
  EXPECT_TRUE(heard_.size() <= 26 * kBlockFrames);
}

}  // namespace
}  // namespace kms::mix
