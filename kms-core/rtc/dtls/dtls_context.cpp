// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/dtls/dtls_context.hpp"

#include <string>

#include "kms-core/rtc/dtls/dtls_transport.hpp"
#include "kms-core/rtc/dtls/record_guard.hpp"

namespace kms::rtc {
namespace {

// Forward secrecy and AEAD only; the last two are for peers without AES-GCM.
constexpr char kCiphers[] =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

std::string names_of(const std::vector<SrtpProfile>& profiles) {
  std::string names;
  for (const auto profile : profiles) {
    if (!names.empty()) names += ':';
    names += profile == SrtpProfile::kAeadAes128Gcm ? "SRTP_AEAD_AES_128_GCM" : "SRTP_AES128_CM_SHA1_80";
  }
  return names;
}

// A session that is resumed shows no certificate, and one that renegotiates may show another one.
void forbid_what_hides_the_certificate(SSL_CTX* context) {
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_QUERY_MTU |
                                   SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
}

bool configure(SSL_CTX* context, const DtlsCertificate& certificate, const std::string& profiles) {
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(context, DtlsTransport::verify_certificate, nullptr);
  SSL_CTX_set_max_cert_list(context, RecordGuard::kMaxMessageSize);
  SSL_CTX_set_max_send_fragment(context, DtlsTransport::kMaxDatagram);  // no write buffer of 17 KB
  return SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION) == 1 &&
         SSL_CTX_set_max_proto_version(context, DTLS1_2_VERSION) == 1 &&
         SSL_CTX_set_cipher_list(context, kCiphers) == 1 &&
         SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384") == 1 &&
         SSL_CTX_use_certificate(context, certificate.x509()) == 1 &&
         SSL_CTX_use_PrivateKey(context, certificate.key()) == 1 &&
         SSL_CTX_set_tlsext_use_srtp(context, profiles.c_str()) == 0;  // 0 is success here
}

}  // namespace

Result<DtlsContext> DtlsContext::create(const DtlsCertificate& certificate,
                                        const std::vector<SrtpProfile>& profiles) {
  openssl::Ptr<SSL_CTX> context(SSL_CTX_new(DTLS_method()));
  if (context) forbid_what_hides_the_certificate(context.get());
  if (profiles.empty() || !context || !configure(context.get(), certificate, names_of(profiles))) {
    return openssl::failure("DTLS_CONTEXT_FAILED", "DTLS could not be set up");
  }
  return DtlsContext(std::move(context), certificate.fingerprint());
}

}  // namespace kms::rtc
