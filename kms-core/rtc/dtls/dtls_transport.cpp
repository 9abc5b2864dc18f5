// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/dtls/dtls_transport.hpp"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <array>
#include <utility>

namespace kms::rtc {
namespace {

constexpr std::string_view kExportLabel = "EXTRACTOR-dtls_srtp";
constexpr unsigned kFirstRetransmissionUs = 100'000;
constexpr unsigned kLongestRetransmissionUs = 3'000'000;

// OpenSSL's own first interval is a second, far above a path's round trip.
unsigned next_interval(SSL*, unsigned last_us) {
  return last_us == 0 ? kFirstRetransmissionUs : std::min(last_us * 2, kLongestRetransmissionUs);
}

std::optional<SrtpProfile> selected_profile(SSL* ssl) {
  const auto* profile = SSL_get_selected_srtp_profile(ssl);
  if (!profile) return std::nullopt;
  if (profile->id == SRTP_AEAD_AES_128_GCM) return SrtpProfile::kAeadAes128Gcm;
  if (profile->id == SRTP_AES128_CM_SHA1_80) return SrtpProfile::kAesCm128HmacSha1_80;
  return std::nullopt;
}

}  // namespace

DtlsTransport::DtlsTransport(Key, Options options, TimePoint now)
    : role_(options.role),
      peer_fingerprint_(options.peer_fingerprint),
      datagrams_(std::move(options.send)),
      on_data_(std::move(options.on_data)),
      give_up_at_(now + kHandshakeTimeout),
      deadline_(give_up_at_) {}

Result<std::unique_ptr<DtlsTransport>> DtlsTransport::create(const DtlsContext& context, Options options,
                                                             TimePoint now) {
  auto transport = std::make_unique<DtlsTransport>(Key{}, std::move(options), now);
  if (!transport->attach(context))
    return openssl::failure("DTLS_FAILED", "a DTLS association could not be made");
  return transport;
}

bool DtlsTransport::attach(const DtlsContext& context) {
  ssl_.reset(SSL_new(context.native()));
  auto bio = datagrams_.make_bio();
  if (!ssl_ || !bio || SSL_set_app_data(ssl_.get(), this) != 1) return false;
  auto* both = bio.release();
  SSL_set_bio(ssl_.get(), both, both);
  SSL_set_mtu(ssl_.get(), kMaxDatagram);
  DTLS_set_timer_cb(ssl_.get(), next_interval);
  role_ == DtlsRole::kClient ? SSL_set_connect_state(ssl_.get()) : SSL_set_accept_state(ssl_.get());
  return true;
}

void DtlsTransport::start(TimePoint now) {
  if (state_ == DtlsState::kHandshaking && role_ == DtlsRole::kClient) advance(now);
}

bool DtlsTransport::on_datagram(Bytes datagram, TimePoint now) {
  const auto before = state_;
  const bool open = state_ == DtlsState::kHandshaking || state_ == DtlsState::kConnected;
  if (!open || !guard_.admits(datagram, state_ == DtlsState::kConnected)) {
    ++dropped_;
    return false;
  }
  datagrams_.set_incoming(datagram);
  advance(now);
  datagrams_.set_incoming({});
  return state_ != before;
}

bool DtlsTransport::on_timer(TimePoint now) {
  if (state_ != DtlsState::kHandshaking) return false;
  if (now >= give_up_at_) {
    fail(error(StatusCode::kDeadlineExceeded, "DTLS_TIMEOUT", "the DTLS handshake was not over after 30 s"));
  } else {
    ERR_clear_error();
    if (DTLSv1_handle_timeout(ssl_.get()) < 0) fail(handshake_failure());
  }
  update_deadline(now);
  return state_ != DtlsState::kHandshaking;
}

void DtlsTransport::advance(TimePoint now) {
  ERR_clear_error();
  if (state_ == DtlsState::kHandshaking) handshake();
  if (state_ == DtlsState::kConnected) read_records();
  update_deadline(now);
}

void DtlsTransport::handshake() {
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) return finish_handshake();
  if (SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ) fail(handshake_failure());
}

void DtlsTransport::finish_handshake() {
  if (!fingerprint_matches_) return fail(handshake_failure());
  keys_ = export_keys();
  if (!keys_) {
    return fail(error(StatusCode::kFailedPrecondition, "DTLS_NO_SRTP_PROFILE",
                      "the peer offered no SRTP profile that is allowed here"));
  }
  state_ = DtlsState::kConnected;
}

// Answers a repeated last flight, notices alerts and hands on application data.
void DtlsTransport::read_records() {
  std::array<uint8_t, 2048> data;
  int result = 0;
  while ((result = SSL_read(ssl_.get(), data.data(), static_cast<int>(data.size()))) > 0) {
    if (!on_data_) continue;
    carries_data_ = true;
    on_data_(Bytes(data).first(static_cast<size_t>(result)));
    if (state_ != DtlsState::kConnected) return;
  }
  const int why = SSL_get_error(ssl_.get(), result);
  // Both record buffers, 17 KB, are for the handshake; without data a peer sends a record now and then.
  if (why == SSL_ERROR_WANT_READ) return carries_data_ ? void() : void(SSL_free_buffers(ssl_.get()));
  if (why == SSL_ERROR_ZERO_RETURN) return close();
  fail(handshake_failure());
}

// DTLS allocates its write buffer in reading only; without one it writes to nowhere.
void DtlsTransport::make_buffers() {
  uint8_t nothing = 0;
  SSL_peek(ssl_.get(), &nothing, 1);
}

bool DtlsTransport::send(Bytes data) {
  if (state_ != DtlsState::kConnected || data.empty() || data.size() + kMaxOverhead > kMaxDatagram)
    return false;
  ERR_clear_error();
  if (!std::exchange(carries_data_, true)) make_buffers();
  return SSL_write(ssl_.get(), data.data(), static_cast<int>(data.size())) > 0;
}

std::string DtlsTransport::version() const { return SSL_get_version(ssl_.get()); }

std::string DtlsTransport::cipher() const {
  const auto* name = SSL_CIPHER_standard_name(SSL_get_current_cipher(ssl_.get()));
  return name == nullptr ? std::string() : name;
}

void DtlsTransport::close() {
  if (state_ == DtlsState::kConnected) {
    ERR_clear_error();
    make_buffers();
    SSL_shutdown(ssl_.get());
  }
  keys_.reset();
  deadline_ = TimePoint::max();
  if (state_ != DtlsState::kFailed) state_ = DtlsState::kClosed;
}

void DtlsTransport::fail(Status why) {
  failure_ = std::move(why);
  keys_.reset();
  state_ = DtlsState::kFailed;
}

Status DtlsTransport::handshake_failure() const {
  if (fingerprint_compared_ && !fingerprint_matches_) {
    return error(StatusCode::kPermissionDenied, "DTLS_FINGERPRINT_MISMATCH",
                 "the peer's certificate has not the fingerprint of its SDP, " + peer_fingerprint_.text());
  }
  return error(StatusCode::kAborted, "DTLS_HANDSHAKE_FAILED", "DTLS failed: " + openssl::take_error_text());
}

int DtlsTransport::verify_certificate(X509_STORE_CTX* store, void*) {
  const auto* ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* self = static_cast<DtlsTransport*>(SSL_get_app_data(ssl));
  const auto* certificate = X509_STORE_CTX_get0_cert(store);
  const auto& wanted = self->peer_fingerprint_.digest;
  self->fingerprint_compared_ = true;
  self->fingerprint_matches_ = certificate && CRYPTO_memcmp(fingerprint_of(certificate).digest.data(),
                                                            wanted.data(), wanted.size()) == 0;
  X509_STORE_CTX_set_error(store, self->fingerprint_matches_ ? X509_V_OK : X509_V_ERR_CERT_REJECTED);
  return self->fingerprint_matches_ ? 1 : 0;
}

// The exporter gives client key, server key, client salt, server salt (RFC 5764 section 4.2).
std::optional<DtlsSrtpKeys> DtlsTransport::export_keys() const {
  const auto profile = selected_profile(ssl_.get());
  if (!profile) return std::nullopt;
  constexpr size_t kKey = 16;
  const size_t salt = salt_size(*profile);
  std::array<uint8_t, 2 * (kKey + 14)> material{};
  if (SSL_export_keying_material(ssl_.get(), material.data(), 2 * (kKey + salt), kExportLabel.data(),
                                 kExportLabel.size(), nullptr, 0, 0) != 1) {
    return std::nullopt;
  }
  SrtpMasterKey client, server;
  std::copy_n(material.data(), kKey, client.key.begin());
  std::copy_n(material.data() + kKey, kKey, server.key.begin());
  std::copy_n(material.data() + 2 * kKey, salt, client.salt.begin());
  std::copy_n(material.data() + 2 * kKey + salt, salt, server.salt.begin());
  OPENSSL_cleanse(material.data(), material.size());
  const bool is_client = role_ == DtlsRole::kClient;
  return DtlsSrtpKeys{*profile, is_client ? client : server, is_client ? server : client};
}

void DtlsTransport::update_deadline(TimePoint now) {
  deadline_ = state_ == DtlsState::kHandshaking ? give_up_at_ : TimePoint::max();
  timeval left{};
  if (state_ != DtlsState::kHandshaking || DTLSv1_get_timeout(ssl_.get(), &left) != 1) return;
  deadline_ =
      std::min(deadline_, now + std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec));
}

}  // namespace kms::rtc
