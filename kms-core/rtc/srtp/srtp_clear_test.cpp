// SPDX-License-Identifier: Apache-2.0
// RTP without any protection goes the same way as the protected one.
#include <gtest/gtest.h>

#include "kms-core/rtc/srtp/srtcp_sealer.hpp"
#include "kms-core/rtc/srtp/srtp_test_support.hpp"

namespace kms::rtc {
namespace {

using test::Buffer;

class SrtpClear : public ::testing::Test {
 protected:
  // The verdict about a packet of this number; its index is in `index_` then.
  SrtpVerdict open(uint16_t sequence, uint32_t ssrc = 77) {
    const auto packet = test::rtp_packet(ssrc, sequence, 100, random_, 0);
    Buffer payload(packet.size());
    SrtpOpener::Rtp rtp;
    const auto verdict = opener_.open_rtp(packet, 12, payload.data(), &rtp);
    index_ = rtp.index;
    restarted_ = rtp.restarted;
    if (verdict == SrtpVerdict::kOk) {
      EXPECT_EQ(rtp.payload_size, 100u);
      EXPECT_TRUE(std::equal(packet.begin() + 12, packet.end(), payload.begin()));
    }
    return verdict;
  }

  std::mt19937 random_{3};
  SrtpOpener opener_{SrtpProfile::kNone, SrtpMasterKey{}};
  uint64_t index_ = 0;
  bool restarted_ = false;
};

TEST_F(SrtpClear, GoesOutAsItIs) {
  for (const auto choice : {SrtpEngineChoice::kOpenSsl, SrtpEngineChoice::kBest}) {
    auto engine = make_srtp_engine(choice);
    const auto key = engine->make_key(SrtpProfile::kNone, {});
    const auto clear = test::rtp_packet(77, 1, 500, random_, 2);
    EXPECT_EQ(test::seal_one(*engine, *key, clear, 1), clear);
  }
}

TEST_F(SrtpClear, IsFollowedOverTheRollOver) {
  for (uint64_t index = 65'000; index < 66'400; ++index) {
    ASSERT_EQ(open(static_cast<uint16_t>(index)), SrtpVerdict::kOk);
    ASSERT_EQ(index_, index);
  }
  EXPECT_EQ(open(static_cast<uint16_t>(66'399)), SrtpVerdict::kReplayed);
}

TEST_F(SrtpClear, FollowsASenderThatBeginsAnewUnderItsSsrc) {
  for (uint16_t sequence = 40'000; sequence < 40'100; ++sequence) open(sequence);

  EXPECT_EQ(open(100), SrtpVerdict::kReplayed);
  EXPECT_EQ(open(101), SrtpVerdict::kOk);
  EXPECT_TRUE(restarted_);
  EXPECT_EQ(index_, 2u * 65'536 + 101);
  EXPECT_EQ(open(102), SrtpVerdict::kOk);
  EXPECT_FALSE(restarted_);
  EXPECT_EQ(index_, 2u * 65'536 + 102);
}

TEST_F(SrtpClear, IsNotLedAstrayBySingleStrays) {
  for (uint16_t sequence = 40'000; sequence < 40'100; ++sequence) open(sequence);

  EXPECT_EQ(open(100), SrtpVerdict::kReplayed);
  EXPECT_EQ(open(20'000), SrtpVerdict::kReplayed);
  EXPECT_EQ(open(40'100), SrtpVerdict::kOk);
  EXPECT_EQ(index_, 40'100u);
}

TEST_F(SrtpClear, HasRoomForAnyNumberOfStreamsOneAfterTheOther) {
  for (uint32_t ssrc = 1; ssrc < 5000; ++ssrc) {
    ASSERT_EQ(open(1, ssrc), SrtpVerdict::kOk);
    opener_.retire(ssrc);
  }
}

TEST_F(SrtpClear, ControlPacketsAreWhatTheyAre) {
  SrtcpSealer sealer(SrtpProfile::kNone, SrtpSessionKeys{});
  auto packet = test::random_bytes(28, random_);
  const auto before = packet;
  packet.resize(28 + SrtcpSealer::kOverhead);

  ASSERT_EQ(sealer.seal(packet, 28), 28u);
  packet.resize(28);
  EXPECT_EQ(packet, before);
  size_t size = 0;
  EXPECT_EQ(opener_.open_rtcp(packet, &size), SrtpVerdict::kOk);
  EXPECT_EQ(size, 28u);
  EXPECT_EQ(opener_.open_rtcp(MutableBytes(packet).first(7), &size), SrtpVerdict::kShort);
}

}  // namespace
}  // namespace kms::rtc
