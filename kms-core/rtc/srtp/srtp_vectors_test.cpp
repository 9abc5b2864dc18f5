// SPDX-License-Identifier: Apache-2.0
// The published test vectors.
#include <gtest/gtest.h>

#include <algorithm>

#include "kms-core/rtc/srtp/srtcp_sealer.hpp"
#include "kms-core/rtc/srtp/srtp_test_support.hpp"

namespace kms::rtc {
namespace {

using test::Buffer;
using test::from_hex;

template <typename Array>
void assign(Array& out, std::string_view hex) {
  const auto bytes = from_hex(hex);
  std::copy(bytes.begin(), bytes.end(), out.begin());
}

TEST(SrtpVectors, KeyDerivationOfRfc3711AppendixB3) {
  SrtpMasterKey master;
  assign(master.key, "E1F97A0D3E018BE0D64FA32C06DE4139");
  assign(master.salt, "0EC675AD498AFEEBB6960B3AABE6");

  const auto keys = derive_srtp_keys(SrtpProfile::kAesCm128HmacSha1_80, master).rtp;

  EXPECT_EQ(Buffer(keys.cipher.begin(), keys.cipher.end()), from_hex("C61E7A93744F39EE10734AFE3FF7A087"));
  EXPECT_EQ(Buffer(keys.salt.begin(), keys.salt.begin() + 14), from_hex("30CBBC08863D8C85D49DB34A9AE1"));
  EXPECT_EQ(Buffer(keys.auth.begin(), keys.auth.end()), from_hex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"));
}

// As OpenSSL has it, for packets of all sizes.
TEST(SrtpVectors, BlocksOfACounterAreCounterMode) {
  std::array<uint8_t, 16> key;
  assign(key, "2b7e151628aed2a6abf7158809cf4f3c");
  SrtpVector iv{};
  assign(iv, "f0f1f2f3f4f5f6f7f8f9fafbfcfd0000");
  const auto blocks = make_block_context(key.data());
  const auto counter_mode = make_ctr_context(key.data());
  for (size_t size = 0; size < 9000; size += size < 300 ? 1 : 97) {
    Buffer ours(size, 7);
    Buffer theirs(size, 7);
    apply_counter_blocks(blocks.get(), iv, ours);
    int written = 0;
    EVP_EncryptInit_ex(counter_mode.get(), nullptr, nullptr, nullptr, iv.data());
    EVP_EncryptUpdate(counter_mode.get(), theirs.data(), &written, theirs.data(), static_cast<int>(size));
    ASSERT_EQ(ours, theirs) << size;
  }
}

class EngineVectors : public ::testing::TestWithParam<SrtpEngineChoice> {
 protected:
  void SetUp() override {
    if (!engine_) GTEST_SKIP() << "no such engine here";
  }
  std::unique_ptr<SrtpEngine> engine_ = make_srtp_engine(GetParam());
};

TEST_P(EngineVectors, KeystreamOfRfc3711AppendixB2) {
  SrtpSessionKeys keys;
  assign(keys.cipher, "2B7E151628AED2A6ABF7158809CF4F3C");
  assign(keys.salt, "F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000");
  const auto key = engine_->make_key(SrtpProfile::kAesCm128HmacSha1_80, keys);
  Buffer zeros(12 + 48);
  zeros[0] = 0x80;

  const auto sealed = test::seal_one(*engine_, *key, zeros, 0);

  EXPECT_EQ(Buffer(sealed.begin() + 12, sealed.begin() + 60),
            from_hex("E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB"
                     "41E95B3BB0A2E8DD477901E4FCA894C0"));
}

TEST_P(EngineVectors, PacketOfRfc7714Section16) {
  SrtpSessionKeys keys;
  assign(keys.cipher, "000102030405060708090a0b0c0d0e0f");
  assign(keys.salt, "517569642070726f2071756f00000000");
  const auto key = engine_->make_key(SrtpProfile::kAeadAes128Gcm, keys);
  const auto clear = from_hex(
      "8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973"
      "20646976 69736120 696e2070 61727465 73207472 6573");

  const auto sealed = test::seal_one(*engine_, *key, clear, 0xf17b);

  EXPECT_EQ(sealed, from_hex("8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca"
                             "be633bd5 0d294e6f 42a5f47a 51c7d19b 36de3adf 8833899d 7f27beb1"
                             "6a9152cf 765ee439 0cce"));
}

INSTANTIATE_TEST_SUITE_P(Engines, EngineVectors,
                         ::testing::Values(SrtpEngineChoice::kOpenSsl, SrtpEngineChoice::kIpsecMb));

TEST(SrtpVectors, ControlPacketOfRfc7714Section17) {
  SrtpSessionKeys keys;
  assign(keys.cipher, "000102030405060708090a0b0c0d0e0f");
  assign(keys.salt, "517569642070726f2071756f00000000");
  SrtcpSealer sealer(SrtpProfile::kAeadAes128Gcm, keys, 0x5d4);
  auto packet = from_hex(
      "81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61"
      "deadbeef deadbeef deadbeef deadbeef deadbeef");
  const auto clear = packet.size();
  packet.resize(clear + SrtcpSealer::kOverhead);

  packet.resize(sealer.seal(packet, clear));

  EXPECT_EQ(packet, from_hex("81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7"
                             "6c06f32d c676a5f1 730d6fda 4ce09b46 86303ded 0bb9275b c84aa458"
                             "96cf4d2f c5abf872 45d9eade 800005d4"));
}

}  // namespace
}  // namespace kms::rtc
