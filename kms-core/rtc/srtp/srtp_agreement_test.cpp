// SPDX-License-Identifier: Apache-2.0
// Both engines, the opener and Debian's libsrtp2 must agree byte for byte.
#include <gtest/gtest.h>
#include <srtp2/srtp.h>

#include <algorithm>

#include "kms-core/rtc/srtp/srtcp_sealer.hpp"
#include "kms-core/rtc/srtp/srtp_test_support.hpp"

namespace kms::rtc {
namespace {

using test::Buffer;

// libsrtp in the role of the other end.
class Reference {
 public:
  Reference(SrtpProfile profile, const SrtpMasterKey& master, srtp_ssrc_type_t direction) {
    static const bool ready = srtp_init() == srtp_err_status_ok;
    EXPECT_TRUE(ready);
    std::copy(master.key.begin(), master.key.end(), key_.begin());
    std::copy(master.salt.begin(), master.salt.end(), key_.begin() + 16);
    srtp_policy_t policy{};
    if (profile == SrtpProfile::kAeadAes128Gcm) {
      srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
      srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
    } else {
      srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
      srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
    }
    if (profile == SrtpProfile::kAesCm128HmacSha1_32) {
      srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&policy.rtp);
    }
    policy.ssrc.type = direction;
    policy.key = key_.data();
    policy.window_size = 1024;
    EXPECT_EQ(srtp_create(&session_, &policy), srtp_err_status_ok);
  }
  ~Reference() { srtp_dealloc(session_); }
  Reference(const Reference&) = delete;
  Reference& operator=(const Reference&) = delete;

  using Call = srtp_err_status_t (*)(srtp_t, void*, int*);
  Buffer apply(Call call, Buffer packet) {
    int size = static_cast<int>(packet.size());
    packet.resize(packet.size() + SRTP_MAX_TRAILER_LEN);
    EXPECT_EQ(call(session_, packet.data(), &size), srtp_err_status_ok);
    packet.resize(static_cast<size_t>(size));
    return packet;
  }

 private:
  std::array<uint8_t, 32> key_{};
  srtp_t session_ = nullptr;
};

class Agreement : public ::testing::TestWithParam<SrtpProfile> {
 protected:
  Buffer open(SrtpOpener& opener, const Buffer& sealed, size_t header, uint64_t index) {
    Buffer out(sealed.begin(), sealed.begin() + static_cast<ptrdiff_t>(header));
    out.resize(sealed.size());
    SrtpOpener::Rtp rtp;
    EXPECT_EQ(opener.open_rtp(sealed, header, out.data() + header, &rtp), SrtpVerdict::kOk);
    EXPECT_EQ(rtp.index, index);
    out.resize(header + rtp.payload_size);
    return out;
  }

  std::mt19937 random_{7};
  SrtpMasterKey master_ = test::random_master(GetParam(), random_);
  SrtpKeys keys_ = derive_srtp_keys(GetParam(), master_);
};

TEST_P(Agreement, OfEnginesOpenerAndReferenceOverTheRollOver) {
  auto evp = make_srtp_engine(SrtpEngineChoice::kOpenSsl);
  auto best = make_srtp_engine(SrtpEngineChoice::kBest);
  const auto evp_key = evp->make_key(GetParam(), keys_.rtp);
  const auto best_key = best->make_key(GetParam(), keys_.rtp);
  Reference reference(GetParam(), master_, ssrc_any_outbound);
  SrtpOpener opener(GetParam(), master_);

  for (uint64_t index = 65'000; index < 66'400; ++index) {
    const auto payload = index % 3 ? 1 + random_() % 1200 : random_() % 18;
    const auto extension = static_cast<uint16_t>(index % 4);
    const auto clear = test::rtp_packet(77, static_cast<uint16_t>(index), payload, random_, extension);

    const auto sealed = test::seal_one(*evp, *evp_key, clear, index);

    ASSERT_EQ(sealed, reference.apply(srtp_protect, clear)) << index;
    ASSERT_EQ(sealed, test::seal_one(*best, *best_key, clear, index)) << index;
    ASSERT_EQ(open(opener, sealed, test::header_size_of(clear), index), clear) << index;
  }
}

TEST_P(Agreement, OfOneBatchOfManyReceiversWithPacketByPacket) {
  auto evp = make_srtp_engine(SrtpEngineChoice::kOpenSsl);
  auto best = make_srtp_engine(SrtpEngineChoice::kBest);
  constexpr size_t kReceivers = 300;
  std::vector<Buffer> expected, clear, packets;
  std::vector<std::unique_ptr<SrtpSealKey>> keys;
  std::vector<SrtpSealJob> jobs;
  for (size_t i = 0; i < kReceivers; ++i) {
    const auto session = derive_srtp_keys(GetParam(), test::random_master(GetParam(), random_)).rtp;
    const auto key = evp->make_key(GetParam(), session);
    clear.push_back(test::rtp_packet(uint32_t(i), 9, 1 + random_() % 1300, random_, uint16_t(i % 3)));
    expected.push_back(test::seal_one(*evp, *key, clear[i], 9 + (i << 20)));
    keys.push_back(best->make_key(GetParam(), session));
    packets.push_back(clear[i]);
    packets[i].resize(clear[i].size() + kMaxSrtpTag + SrtpEngine::kSealSlack);
  }
  for (size_t i = 0; i < kReceivers; ++i) {
    const auto header = test::header_size_of(clear[i]);
    jobs.push_back({keys[i].get(), clear[i].data() + header, packets[i].data(), uint32_t(i), uint16_t(header),
                    uint16_t(clear[i].size() - header), 9 + (i << 20)});
  }

  best->seal(jobs);

  for (size_t i = 0; i < kReceivers; ++i) {
    packets[i].resize(expected[i].size());
    ASSERT_EQ(packets[i], expected[i]) << i;
  }
}

TEST_P(Agreement, OfControlPacketsBothWays) {
  Reference there(GetParam(), master_, ssrc_any_outbound);
  Reference back(GetParam(), master_, ssrc_any_inbound);
  SrtcpSealer sealer(GetParam(), keys_.rtcp);
  SrtpOpener opener(GetParam(), master_);
  for (size_t words = 1; words < 300; ++words) {
    auto clear = test::random_bytes(4 + 4 * words, random_);
    clear[0] = 0x80;
    clear[1] = 201;
    store_u32(&clear[4], 4711);

    auto theirs = there.apply(srtp_protect_rtcp, clear);
    auto ours = clear;
    ours.resize(clear.size() + SrtcpSealer::kOverhead);
    ours.resize(sealer.seal(ours, clear.size()));

    size_t size = 0;
    ASSERT_EQ(back.apply(srtp_unprotect_rtcp, ours), clear);
    ASSERT_EQ(opener.open_rtcp(theirs, &size), SrtpVerdict::kOk);
    theirs.resize(size);
    ASSERT_EQ(theirs, clear);
  }
}

INSTANTIATE_TEST_SUITE_P(Profiles, Agreement,
                         ::testing::Values(SrtpProfile::kAeadAes128Gcm, SrtpProfile::kAesCm128HmacSha1_80,
                                           SrtpProfile::kAesCm128HmacSha1_32));

}  // namespace
}  // namespace kms::rtc
