// SPDX-License-Identifier: Apache-2.0
// Against OpenSSL as s_client and s_server set it up: library defaults, memory BIOs, RSA or ECDSA.
#include <gtest/gtest.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "kms-core/rtc/dtls/test_pair.hpp"

namespace kms::rtc {
namespace {

using openssl::Ptr;
using test::certificate_a;
using test::Datagram;
using test::End;

struct Identity {
  Ptr<EVP_PKEY> key;
  Ptr<X509> x509;
};

// `comment_size`: bytes of ballast inside the certificate.
Identity make_identity(Ptr<EVP_PKEY> key, size_t comment_size = 0) {
  Ptr<X509> x509(X509_new());
  X509_set_version(x509.get(), X509_VERSION_3);
  if (comment_size > 0) {
    const std::string comment(comment_size, 'c');
    auto* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_netscape_comment, comment.c_str());
    X509_add_ext(x509.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }
  X509_gmtime_adj(X509_getm_notBefore(x509.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(x509.get()), 3600);
  X509_set_pubkey(x509.get(), key.get());
  X509_sign(x509.get(), key.get(), EVP_sha256());
  return {std::move(key), std::move(x509)};
}

// The plain OpenSSL end.
class Stranger {
 public:
  struct Manners {
    bool cookies = false;
    bool certificate = true;
    long mtu = 1200;
  };

  Stranger(DtlsRole role, const Identity& identity) : Stranger(role, identity, Manners{}) {}
  Stranger(DtlsRole role, const Identity& identity, const Manners& manners) {
    context_.reset(SSL_CTX_new(DTLS_method()));
    if (manners.certificate) {
      SSL_CTX_use_certificate(context_.get(), identity.x509.get());
      SSL_CTX_use_PrivateKey(context_.get(), identity.key.get());
    }
    SSL_CTX_set_tlsext_use_srtp(context_.get(), "SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_128_GCM");
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 1; });
    if (manners.cookies) demand_cookies();
    ssl_.reset(SSL_new(context_.get()));
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl_.get(), in_, out_);
    SSL_set_options(ssl_.get(), SSL_OP_NO_QUERY_MTU);
    SSL_set_mtu(ssl_.get(), manners.mtu);
    role == DtlsRole::kClient ? SSL_set_connect_state(ssl_.get()) : SSL_set_accept_state(ssl_.get());
  }

  // Takes one datagram (or none, to begin) and gives what it answers as one.
  Datagram step(const Datagram& incoming) {
    if (!incoming.empty()) BIO_write(in_, incoming.data(), static_cast<int>(incoming.size()));
    if (!SSL_is_init_finished(ssl_.get())) SSL_do_handshake(ssl_.get());
    if (SSL_is_init_finished(ssl_.get())) read();
    return sent();
  }
  Datagram shut_down() {
    SSL_shutdown(ssl_.get());
    return sent();
  }
  Datagram renegotiate() {
    SSL_renegotiate(ssl_.get());
    SSL_do_handshake(ssl_.get());
    return sent();
  }
  bool finished() const { return SSL_is_init_finished(ssl_.get()); }
  bool got_close() const { return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }
  std::vector<uint8_t> material(size_t size) const {
    std::vector<uint8_t> out(size);
    SSL_export_keying_material(ssl_.get(), out.data(), size, "EXTRACTOR-dtls_srtp", 19, nullptr, 0, 0);
    return out;
  }

 private:
  void demand_cookies() {
    SSL_CTX_set_options(context_.get(), SSL_OP_COOKIE_EXCHANGE);
    SSL_CTX_set_cookie_generate_cb(context_.get(), [](SSL*, unsigned char* cookie, unsigned* size) {
      *size = 4;
      return memcpy(cookie, "kms!", 4) ? 1 : 0;
    });
    SSL_CTX_set_cookie_verify_cb(context_.get(), [](SSL*, const unsigned char* cookie, unsigned size) {
      return size == 4 && memcmp(cookie, "kms!", 4) == 0 ? 1 : 0;
    });
  }
  void read() {
    char data[64];
    while (SSL_read(ssl_.get(), data, sizeof data) > 0) {
    }
  }
  Datagram sent() {
    Datagram out(static_cast<size_t>(BIO_ctrl_pending(out_)));
    if (!out.empty()) BIO_read(out_, out.data(), static_cast<int>(out.size()));
    return out;
  }

  Ptr<SSL_CTX> context_;
  Ptr<SSL> ssl_;
  BIO* in_ = nullptr;
  BIO* out_ = nullptr;
};

class DtlsInterop : public testing::Test {
 protected:
  // A memory BIO glues a flight together; its records come in one datagram, which is allowed.
  void run(End& ours, Stranger& theirs, bool they_begin) {
    const auto now = Clock::now();
    if (they_begin) ours.transport->on_datagram(theirs.step({}), now);
    if (!they_begin) ours.transport->start(now);
    while (!ours.sent.empty()) {
      const auto datagram = ours.sent.front();
      ours.sent.pop_front();
      const auto answer = theirs.step(datagram);
      if (!answer.empty()) ours.transport->on_datagram(answer, now);
    }
  }
  void expect_keys(const End& ours, const Stranger& theirs, bool we_are_client) {
    ASSERT_TRUE(ours.transport->keys());
    ASSERT_TRUE(theirs.finished());
    const auto& keys = *ours.transport->keys();
    const auto material = theirs.material(2 * (16 + salt_size(keys.profile)));
    const auto& client = we_are_client ? keys.send : keys.receive;
    const auto& server = we_are_client ? keys.receive : keys.send;
    EXPECT_TRUE(std::equal(client.key.begin(), client.key.end(), material.begin()));
    EXPECT_TRUE(std::equal(server.key.begin(), server.key.end(), material.begin() + 16));
    EXPECT_EQ(client.salt[0], material[32]);
    EXPECT_EQ(server.salt[0], material[32 + salt_size(keys.profile)]);
  }

  DtlsContext context_{std::move(*DtlsContext::create(certificate_a()))};
};

TEST_F(DtlsInterop, AcceptsADefaultClientWithEitherKindOfKey) {
  for (const bool rsa : {false, true}) {
    const auto identity = make_identity(Ptr<EVP_PKEY>(rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256")));
    End ours(context_, DtlsRole::kServer, fingerprint_of(identity.x509.get()), Clock::now());
    Stranger theirs(DtlsRole::kClient, identity);

    run(ours, theirs, true);

    expect_keys(ours, theirs, false);
    EXPECT_EQ(ours.transport->keys()->profile, SrtpProfile::kAeadAes128Gcm)
        << "the server's preference counts";
  }
}

TEST_F(DtlsInterop, ConnectsToADefaultServerWithEitherKindOfKey) {
  for (const bool rsa : {false, true}) {
    const auto identity = make_identity(Ptr<EVP_PKEY>(rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256")));
    End ours(context_, DtlsRole::kClient, fingerprint_of(identity.x509.get()), Clock::now());
    Stranger theirs(DtlsRole::kServer, identity);

    run(ours, theirs, false);

    expect_keys(ours, theirs, true);
  }
}

TEST_F(DtlsInterop, AnswersACookieExchange) {
  const auto identity = make_identity(Ptr<EVP_PKEY>(EVP_EC_gen("P-256")));
  End ours(context_, DtlsRole::kClient, fingerprint_of(identity.x509.get()), Clock::now());
  Stranger theirs(DtlsRole::kServer, identity, {.cookies = true});

  run(ours, theirs, false);

  expect_keys(ours, theirs, true);
}

TEST_F(DtlsInterop, PutsFragmentsTogether) {
  const auto identity = make_identity(Ptr<EVP_PKEY>(EVP_RSA_gen(2048)), 4000);
  End ours(context_, DtlsRole::kServer, fingerprint_of(identity.x509.get()), Clock::now());
  Stranger theirs(DtlsRole::kClient, identity, {.mtu = 300});

  run(ours, theirs, true);

  expect_keys(ours, theirs, false);
}

TEST_F(DtlsInterop, NeverConnectsToACertificateThatIsTooLarge) {
  const auto identity = make_identity(Ptr<EVP_PKEY>(EVP_EC_gen("P-256")), 10'000);
  End ours(context_, DtlsRole::kServer, fingerprint_of(identity.x509.get()), Clock::now());
  Stranger theirs(DtlsRole::kClient, identity);

  run(ours, theirs, true);

  EXPECT_NE(ours.transport->state(), DtlsState::kConnected);
  EXPECT_FALSE(ours.transport->keys());
  EXPECT_GT(ours.transport->dropped(), 0u);
}

TEST_F(DtlsInterop, RefusesAPeerWithoutACertificate) {
  const auto identity = make_identity(Ptr<EVP_PKEY>(EVP_EC_gen("P-256")));
  End ours(context_, DtlsRole::kServer, fingerprint_of(identity.x509.get()), Clock::now());
  Stranger theirs(DtlsRole::kClient, identity, {.certificate = false});

  run(ours, theirs, true);

  EXPECT_EQ(ours.transport->state(), DtlsState::kFailed);
  EXPECT_FALSE(theirs.finished());
}

TEST_F(DtlsInterop, ExchangesCloseAlerts) {
  const auto identity = make_identity(Ptr<EVP_PKEY>(EVP_EC_gen("P-256")));
  End ours(context_, DtlsRole::kServer, fingerprint_of(identity.x509.get()), Clock::now());
  Stranger theirs(DtlsRole::kClient, identity);
  run(ours, theirs, true);
  ASSERT_EQ(ours.transport->state(), DtlsState::kConnected);

  EXPECT_TRUE(ours.transport->on_datagram(theirs.shut_down(), Clock::now()));

  EXPECT_EQ(ours.transport->state(), DtlsState::kClosed);
  ASSERT_FALSE(ours.sent.empty());
  theirs.step(ours.sent.front());
  EXPECT_TRUE(theirs.got_close());
}

TEST_F(DtlsInterop, DoesNotRenegotiateAndGoesOn) {
  const auto identity = make_identity(Ptr<EVP_PKEY>(EVP_EC_gen("P-256")));
  End ours(context_, DtlsRole::kServer, fingerprint_of(identity.x509.get()), Clock::now());
  Stranger theirs(DtlsRole::kClient, identity);
  run(ours, theirs, true);
  ASSERT_EQ(ours.transport->state(), DtlsState::kConnected);
  const auto wish = theirs.renegotiate();
  ASSERT_FALSE(wish.empty());

  EXPECT_FALSE(ours.transport->on_datagram(wish, Clock::now()));

  EXPECT_EQ(ours.transport->state(), DtlsState::kConnected);
  ASSERT_EQ(ours.sent.size(), 1u) << "an alert, and no hello";
  EXPECT_EQ(ours.sent.front().front(), 21);
  EXPECT_TRUE(ours.transport->send(Datagram(1)));
}

TEST_F(DtlsInterop, RefusesAStrangersCertificate) {
  const auto identity = make_identity(Ptr<EVP_PKEY>(EVP_EC_gen("P-256")));
  End ours(context_, DtlsRole::kServer, certificate_a().fingerprint(), Clock::now());
  Stranger theirs(DtlsRole::kClient, identity);

  run(ours, theirs, true);

  EXPECT_EQ(reason_of(ours.transport->failure()), "DTLS_FINGERPRINT_MISMATCH");
  EXPECT_FALSE(theirs.finished());
}

}  // namespace
}  // namespace kms::rtc
