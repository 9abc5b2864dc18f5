// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "kms-core/rtc/dtls/dtls_certificate.hpp"
#include "kms-core/rtc/srtp/profile.hpp"

namespace kms::rtc {

// What all handshakes of a process share: certificate, ciphers, SRTP profiles. Immutable once made; any
// thread may start handshakes from it. It must outlive its DtlsTransports.
class DtlsContext {
 public:
  // `profiles` in order of preference, which counts in the server's role (RFC 5764 section 4.1.1).
  static Result<DtlsContext> create(const DtlsCertificate& certificate,
                                    const std::vector<SrtpProfile>& profiles = {
                                        SrtpProfile::kAeadAes128Gcm, SrtpProfile::kAesCm128HmacSha1_80});

  // What the local SDP has to say.
  const Fingerprint& fingerprint() const { return fingerprint_; }
  SSL_CTX* native() const { return context_.get(); }

 private:
  DtlsContext(openssl::Ptr<SSL_CTX> context, const Fingerprint& fingerprint)
      : context_(std::move(context)), fingerprint_(fingerprint) {}

  openssl::Ptr<SSL_CTX> context_;
  Fingerprint fingerprint_;
};

}  // namespace kms::rtc
