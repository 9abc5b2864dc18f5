// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/dtls/dtls_certificate.hpp"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <utility>

namespace kms::rtc {
namespace {

using openssl::Ptr;

constexpr long kDay = 24 * 60 * 60;
// Peers look at the fingerprint, not at the dates; a server may run for years.
constexpr long kLifetime = 10 * 365 * kDay;

bool set_name(X509* x509) {
  auto* name = X509_get_subject_name(x509);
  const auto* text = reinterpret_cast<const unsigned char*>("kms");
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0) == 1 &&
         X509_set_issuer_name(x509, name) == 1;
}

bool set_serial(X509* x509) {
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> serial(BN_new(), BN_free);
  return serial && BN_rand(serial.get(), 127, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(x509)) != nullptr;
}

// One day back: clocks differ.
bool set_dates(X509* x509) {
  return X509_gmtime_adj(X509_getm_notBefore(x509), -kDay) &&
         X509_gmtime_adj(X509_getm_notAfter(x509), kLifetime);
}

Status invalid(std::string_view what) {
  return error(StatusCode::kInvalidArgument, "CERTIFICATE_INVALID",
               std::string(what) + ": " + openssl::take_error_text());
}

Ptr<BIO> reader_of(std::string_view text) {
  return Ptr<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

}  // namespace

Fingerprint fingerprint_of(const X509* certificate) {
  Fingerprint fingerprint;
  unsigned size = 0;
  if (X509_digest(certificate, EVP_sha256(), fingerprint.digest.data(), &size) != 1) fingerprint.digest = {};
  return fingerprint;
}

DtlsCertificate::DtlsCertificate(Ptr<X509> x509, Ptr<EVP_PKEY> key)
    : x509_(std::move(x509)), key_(std::move(key)), fingerprint_(fingerprint_of(x509_.get())) {}

Result<DtlsCertificate> DtlsCertificate::make() {
  Ptr<EVP_PKEY> key(EVP_EC_gen("P-256"));
  Ptr<X509> x509(X509_new());
  const bool made = key && x509 && X509_set_version(x509.get(), X509_VERSION_3) == 1 &&
                    set_serial(x509.get()) && set_name(x509.get()) && set_dates(x509.get()) &&
                    X509_set_pubkey(x509.get(), key.get()) == 1 &&
                    X509_sign(x509.get(), key.get(), EVP_sha256()) > 0;
  if (!made) return openssl::failure("CERTIFICATE_FAILED", "a DTLS certificate could not be made");
  return DtlsCertificate(std::move(x509), std::move(key));
}

Result<DtlsCertificate> DtlsCertificate::from_pem(std::string_view certificate, std::string_view key_text) {
  const auto certificate_reader = reader_of(certificate);
  const auto key_reader = reader_of(key_text);
  Ptr<X509> x509(PEM_read_bio_X509(certificate_reader.get(), nullptr, nullptr, nullptr));
  if (!x509) return invalid("the DTLS certificate is no PEM certificate");
  // Without this OpenSSL would ask the terminal for a pass phrase.
  const auto no_pass_phrase = [](char*, int, int, void*) { return -1; };
  Ptr<EVP_PKEY> key(PEM_read_bio_PrivateKey(key_reader.get(), nullptr, no_pass_phrase, nullptr));
  if (!key) return invalid("the DTLS key is no unencrypted PEM private key");
  if (X509_check_private_key(x509.get(), key.get()) != 1) {
    return invalid("the DTLS key does not belong to the certificate");
  }
  return DtlsCertificate(std::move(x509), std::move(key));
}

}  // namespace kms::rtc
