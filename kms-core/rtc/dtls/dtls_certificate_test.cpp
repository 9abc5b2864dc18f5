// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/dtls/dtls_certificate.hpp"

#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/pem.h>

namespace kms::rtc {
namespace {

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<size_t>(size)};
}

std::string certificate_pem(const DtlsCertificate& certificate) {
  const openssl::Ptr<BIO> bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate.x509());
  return text_of(bio.get());
}

std::string key_pem(const DtlsCertificate& certificate, const std::string& pass_phrase = {}) {
  const openssl::Ptr<BIO> bio(BIO_new(BIO_s_mem()));
  const auto* cipher = pass_phrase.empty() ? nullptr : EVP_aes_128_cbc();
  const auto* text = reinterpret_cast<const unsigned char*>(pass_phrase.data());
  PEM_write_bio_PrivateKey(bio.get(), certificate.key(), cipher, text, static_cast<int>(pass_phrase.size()),
                           nullptr, nullptr);
  return text_of(bio.get());
}

TEST(DtlsCertificate, IsSelfSignedEcdsaP256AndDifferentEachTime) {
  const auto one = DtlsCertificate::make();
  const auto other = DtlsCertificate::make();
  ASSERT_TRUE(one.ok() && other.ok());
  EXPECT_EQ(EVP_PKEY_get_base_id(one->key()), EVP_PKEY_EC);
  EXPECT_EQ(EVP_PKEY_get_bits(one->key()), 256);
  EXPECT_EQ(X509_verify(one->x509(), one->key()), 1);
  EXPECT_NE(one->fingerprint(), other->fingerprint());
  EXPECT_NE(one->fingerprint(), Fingerprint{});
}

TEST(DtlsCertificate, ComesBackFromPemWithTheSameFingerprint) {
  const auto made = DtlsCertificate::make();
  const auto loaded = DtlsCertificate::from_pem(certificate_pem(*made), key_pem(*made));
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded->fingerprint(), made->fingerprint());
}

TEST(DtlsCertificate, RefusesRubbishAndForeignKeys) {
  const auto one = DtlsCertificate::make();
  const auto other = DtlsCertificate::make();
  for (const auto& [certificate, key] :
       {std::pair{std::string("rubbish"), key_pem(*one)}, std::pair{certificate_pem(*one), std::string()},
        std::pair{certificate_pem(*one), key_pem(*other)},
        std::pair{certificate_pem(*one), key_pem(*one, "secret")}}) {
    const auto loaded = DtlsCertificate::from_pem(certificate, key);
    ASSERT_FALSE(loaded.ok());
    EXPECT_EQ(reason_of(loaded.status()), "CERTIFICATE_INVALID");
  }
}

}  // namespace
}  // namespace kms::rtc
