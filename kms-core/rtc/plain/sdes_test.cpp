// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/plain/sdes.hpp"

#include <gtest/gtest.h>

namespace kms::rtc {
namespace {

// The key of RFC 4568's examples, 16 bytes and a salt of 14.
constexpr const char* kInlineKey = "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";

CryptoEntry entry(std::string keys, std::string parameters = {}) {
  return {1, "AES_CM_128_HMAC_SHA1_80", std::move(keys), std::move(parameters)};
}

std::string reason_of_entry(const Result<SdesKey>& key) { return std::string(kms::reason_of(key.status())); }

TEST(Sdes, ReadsTheKeyOfTheRfc) {
  const auto key = read_sdes(entry(kInlineKey), 7);

  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(key->profile, SrtpProfile::kAesCm128HmacSha1_80);
  const std::string text(key->master.key.begin(), key->master.key.end());
  EXPECT_EQ(text, "YS___semctl () {");
  const std::string salt(key->master.salt.begin(), key->master.salt.end());
  EXPECT_EQ(salt, "\t220;}\n}\nunles");
}

TEST(Sdes, WritesWhatItReads) {
  for (const auto profile :
       {SrtpProfile::kAesCm128HmacSha1_80, SrtpProfile::kAesCm128HmacSha1_32, SrtpProfile::kAeadAes128Gcm}) {
    const auto key = make_sdes_key(profile);
    const auto written = write_sdes(3, key);
    EXPECT_EQ(written.tag, 3u);
    const auto again = read_sdes(written, 0);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(*again, key);
  }
  EXPECT_NE(make_sdes_key(SrtpProfile::kAeadAes128Gcm), make_sdes_key(SrtpProfile::kAeadAes128Gcm));
}

TEST(Sdes, RefusesWhatItCannotKeepWithAReason) {
  const std::string key = kInlineKey;
  EXPECT_EQ(reason_of_entry(read_sdes(entry(key + "|2^20"), 7)), "SDP_CRYPTO_LIFETIME");
  EXPECT_EQ(reason_of_entry(read_sdes(entry(key + "|1048576"), 7)), "SDP_CRYPTO_LIFETIME");
  EXPECT_EQ(reason_of_entry(read_sdes(entry(key + "|2^31|1:4"), 7)), "SDP_CRYPTO_MKI");
  EXPECT_EQ(reason_of_entry(read_sdes(entry(key + "|1:4"), 7)), "SDP_CRYPTO_MKI");
  EXPECT_EQ(reason_of_entry(read_sdes(entry(key + ";" + key), 7)), "SDP_CRYPTO_KEY");
  EXPECT_EQ(reason_of_entry(read_sdes(entry("inline:WVNf"), 7)), "SDP_CRYPTO_KEY");
  EXPECT_EQ(reason_of_entry(read_sdes(entry("inline:?VNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"), 7)),
            "SDP_CRYPTO_KEY");
  EXPECT_EQ(reason_of_entry(read_sdes(entry(key, "KDR=1"), 7)), "SDP_CRYPTO_PARAMETERS");
  EXPECT_EQ(reason_of_entry(read_sdes(entry(key, "UNENCRYPTED_SRTP"), 7)), "SDP_CRYPTO_PARAMETERS");
  EXPECT_EQ(reason_of_entry(read_sdes({1, "F8_128_HMAC_SHA1_80", key, {}}, 7)), "SDP_CRYPTO_SUITE");
}

TEST(Sdes, TakesALifetimeThatNoSessionReaches) {
  EXPECT_TRUE(read_sdes(entry(std::string(kInlineKey) + "|2^48"), 7).ok());
  EXPECT_TRUE(read_sdes(entry(std::string(kInlineKey) + "|2^31"), 7).ok());
  EXPECT_TRUE(read_sdes(entry(kInlineKey, "WSH=64"), 7).ok());
}

}  // namespace
}  // namespace kms::rtc
