// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/srtp/srtp_opener.hpp"

#include <gtest/gtest.h>

#include "kms-core/rtc/srtp/srtcp_sealer.hpp"
#include "kms-core/rtc/srtp/srtp_test_support.hpp"

namespace kms::rtc {
namespace {

using test::Buffer;

class Opener : public ::testing::TestWithParam<SrtpProfile> {
 protected:
  Buffer seal(uint32_t ssrc, uint64_t index) {
    const auto clear = test::rtp_packet(ssrc, static_cast<uint16_t>(index), 100, random_);
    return test::seal_one(*engine_, *key_, clear, index);
  }
  SrtpVerdict open(const Buffer& packet) {
    Buffer out(packet.size());
    SrtpOpener::Rtp rtp;
    return opener_.open_rtp(packet, 12, out.data(), &rtp);
  }

  std::mt19937 random_{3};
  SrtpMasterKey master_ = test::random_master(GetParam(), random_);
  SrtpKeys keys_ = derive_srtp_keys(GetParam(), master_);
  std::unique_ptr<SrtpEngine> engine_ = make_srtp_engine(SrtpEngineChoice::kBest);
  std::unique_ptr<SrtpSealKey> key_ = engine_->make_key(GetParam(), keys_.rtp);
  SrtpOpener opener_{GetParam(), master_};
};

TEST_P(Opener, DropsAReplay) {
  const auto packet = seal(1, 10);
  EXPECT_EQ(open(packet), SrtpVerdict::kOk);
  EXPECT_EQ(open(packet), SrtpVerdict::kReplayed);
}

TEST_P(Opener, TakesARepairThatIsAThousandPacketsLate) {
  const auto late = seal(1, 10);
  EXPECT_EQ(open(seal(1, 1010)), SrtpVerdict::kOk);
  EXPECT_EQ(open(late), SrtpVerdict::kOk);
}

TEST_P(Opener, DropsWhateverHasOneBitChanged) {
  const auto good = seal(1, 10);
  for (size_t byte = 2; byte < good.size(); ++byte) {
    auto bad = good;
    bad[byte] ^= 0x10;
    ASSERT_EQ(open(bad), SrtpVerdict::kForged) << byte;
  }
  EXPECT_EQ(open(good), SrtpVerdict::kOk);
}

TEST_P(Opener, AForgeryNeitherMovesTheRollOverNorTheWindow) {
  EXPECT_EQ(open(seal(1, 60'000)), SrtpVerdict::kOk);
  auto forged = seal(1, 65'536 + 20'000);
  forged.back() ^= 1;
  EXPECT_EQ(open(forged), SrtpVerdict::kForged);
  EXPECT_EQ(open(seal(1, 60'001)), SrtpVerdict::kOk);
}

TEST_P(Opener, DropsWhatIsTooShort) {
  auto packet = seal(1, 10);
  packet.resize(12 + tag_size(GetParam()) - 1);
  EXPECT_EQ(open(packet), SrtpVerdict::kShort);
}

TEST_P(Opener, KeepsABoundedNumberOfStreams) {
  for (uint32_t ssrc = 0; ssrc < SrtpOpener::kMaxStreams; ++ssrc) {
    ASSERT_EQ(open(seal(ssrc, 1)), SrtpVerdict::kOk);
  }
  EXPECT_EQ(open(seal(9999, 1)), SrtpVerdict::kTooManyStreams);
  EXPECT_EQ(open(seal(5, 2)), SrtpVerdict::kOk);
}

TEST_P(Opener, ARetiredStreamMakesRoomAndItsOldPacketsStayReplays) {
  const auto old = seal(0, 65'530);
  ASSERT_EQ(open(old), SrtpVerdict::kOk);
  for (uint32_t ssrc = 1; ssrc < SrtpOpener::kMaxStreams; ++ssrc)
    ASSERT_EQ(open(seal(ssrc, 1)), SrtpVerdict::kOk);

  opener_.retire(0);
  EXPECT_EQ(open(seal(9999, 1)), SrtpVerdict::kOk) << "in its place";
  EXPECT_EQ(open(old), SrtpVerdict::kReplayed);
  opener_.retire(9999);
  EXPECT_EQ(open(seal(0, 65'537)), SrtpVerdict::kOk) << "it comes back, its roll-over is known";
  EXPECT_EQ(open(seal(0, 65'529)), SrtpVerdict::kReplayed) << "from before it was retired";
  EXPECT_EQ(open(seal(0, 65'536)), SrtpVerdict::kOk);
}

TEST_P(Opener, DropsReplayedForgedAndShortControlPackets) {
  SrtcpSealer sealer(GetParam(), keys_.rtcp);
  Buffer packet(40 + SrtcpSealer::kOverhead);
  packet.resize(sealer.seal(packet, 40));
  auto forged = packet;
  forged[20] ^= 1;
  auto clear = packet;  // the E bit cleared
  clear[GetParam() == SrtpProfile::kAeadAes128Gcm ? packet.size() - 4 : packet.size() - 14] &= 0x7f;
  auto first = packet;
  auto again = packet;
  Buffer small(packet.begin(), packet.begin() + 20);
  size_t size = 0;

  EXPECT_EQ(opener_.open_rtcp(forged, &size), SrtpVerdict::kForged);
  EXPECT_EQ(opener_.open_rtcp(clear, &size), SrtpVerdict::kForged);
  EXPECT_EQ(opener_.open_rtcp(small, &size), SrtpVerdict::kShort);
  EXPECT_EQ(opener_.open_rtcp(first, &size), SrtpVerdict::kOk);
  EXPECT_EQ(size, 40u);
  EXPECT_EQ(opener_.open_rtcp(again, &size), SrtpVerdict::kReplayed);
}

INSTANTIATE_TEST_SUITE_P(Profiles, Opener,
                         ::testing::Values(SrtpProfile::kAeadAes128Gcm, SrtpProfile::kAesCm128HmacSha1_80,
                                           SrtpProfile::kAesCm128HmacSha1_32));

}  // namespace
}  // namespace kms::rtc
