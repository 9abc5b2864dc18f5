// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "kms-core/rtc/dtls/openssl.hpp"
#include "kms-core/rtc/wire/fingerprint.hpp"

namespace kms::rtc {

// The certificate kms shows to its peers. WebRTC trusts no authority: the fingerprint in the SDP names it.
class DtlsCertificate {
 public:
  // A fresh self-signed one, ECDSA P-256. One per process is enough (RFC 8827 section 6.5 asks no more).
  static Result<DtlsCertificate> make();
  // From PEM texts; the key must be the certificate's. Reason "CERTIFICATE_INVALID" otherwise.
  static Result<DtlsCertificate> from_pem(std::string_view certificate, std::string_view key);

  const Fingerprint& fingerprint() const { return fingerprint_; }
  X509* x509() const { return x509_.get(); }
  EVP_PKEY* key() const { return key_.get(); }

 private:
  DtlsCertificate(openssl::Ptr<X509> x509, openssl::Ptr<EVP_PKEY> key);

  openssl::Ptr<X509> x509_;
  openssl::Ptr<EVP_PKEY> key_;
  Fingerprint fingerprint_;
};

// SHA-256 over the certificate's DER form; all zeros if OpenSSL fails, which no certificate has.
Fingerprint fingerprint_of(const X509* certificate);

}  // namespace kms::rtc
