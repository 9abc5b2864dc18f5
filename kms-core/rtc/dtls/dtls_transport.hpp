// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "kms-core/rtc/dtls/datagram_bio.hpp"
#include "kms-core/rtc/dtls/dtls_context.hpp"
#include "kms-core/rtc/dtls/record_guard.hpp"
#include "kms-core/rtc/wire/clock.hpp"

namespace kms::rtc {

// a=setup:active is the client (RFC 8842 section 5.2).
enum class DtlsRole : uint8_t { kClient, kServer };

enum class DtlsState : uint8_t {
  kHandshaking,
  kConnected,  // the fingerprint was right, keys() are there
  kClosed,     // by a close alert of the peer or by close()
  kFailed,     // failure() says why
};

// What protects media after the handshake (RFC 5764 section 4.2).
struct DtlsSrtpKeys {
  SrtpProfile profile{};
  SrtpMasterKey send;
  SrtpMasterKey receive;
};

// One DTLS 1.2 association with a peer. Give it only datagrams from addresses that ICE has found valid. It
// compares the peer's certificate with the fingerprint of the SDP inside the handshake: a peer with another
// certificate gets an alert and there are never keys. Lives on the peer's RTC thread.
class DtlsTransport {
  struct Key {};  // only create() has one

 public:
  // A whole handshake, retransmissions included, must be over by then.
  static constexpr Duration kHandshakeTimeout = std::chrono::seconds(30);
  // No datagram is larger; what is left of 1280, the least MTU of IPv6, after IPv6 and UDP headers.
  static constexpr size_t kMaxDatagram = 1200;
  // What is around application data at most, with the ciphers that may be spoken: header, nonce, tag.
  static constexpr size_t kMaxOverhead = 40;

  struct Options {
    DtlsRole role = DtlsRole::kServer;
    Fingerprint peer_fingerprint = {};
    // Called from within the functions below, once per datagram; the bytes are gone when it returns.
    DatagramBio::Send send = {};
    // Application data, a record each; likewise. It may close() but not destroy.
    std::function<void(Bytes data)> on_data = {};
  };

  static Result<std::unique_ptr<DtlsTransport>> create(const DtlsContext& context, Options options,
                                                       TimePoint now);
  DtlsTransport(Key, Options options, TimePoint now);
  DtlsTransport(const DtlsTransport&) = delete;
  DtlsTransport& operator=(const DtlsTransport&) = delete;

  // Sends the ClientHello in the client's role; the server's role waits. Call it once a path is valid.
  void start(TimePoint now);
  // One datagram with DTLS records. Anything else is dropped. True if state() has changed.
  bool on_datagram(Bytes datagram, TimePoint now);
  // Retransmits what the peer did not answer. True if state() has changed. Call it at or after deadline();
  // OpenSSL measures its timer with its own clock, so `now` must be the real time.
  bool on_timer(TimePoint now);
  // TimePoint::max() when nothing is waited for.
  TimePoint deadline() const { return deadline_; }
  // Sends application data in a record of its own, one datagram. False: not connected, or larger than that.
  bool send(Bytes data);
  // Tells the peer (close_notify). No keys, no sending afterwards.
  void close();

  DtlsState state() const { return state_; }
  DtlsRole role() const { return role_; }
  const Fingerprint& peer_fingerprint() const { return peer_fingerprint_; }
  // Only while connected.
  const std::optional<DtlsSrtpKeys>& keys() const { return keys_; }
  // Of a connection: "DTLSv1.2"; its cipher by IANA's name.
  std::string version() const;
  std::string cipher() const;
  // Why state() is kFailed: reasons DTLS_FINGERPRINT_MISMATCH, DTLS_NO_SRTP_PROFILE, DTLS_TIMEOUT,
  // DTLS_HANDSHAKE_FAILED.
  const Status& failure() const { return failure_; }
  // Datagrams that were no DTLS or too many of it.
  size_t dropped() const { return dropped_; }

  // OpenSSL's hook for judging the peer's certificate; DtlsContext installs it.
  static int verify_certificate(X509_STORE_CTX* store, void*);

 private:
  bool attach(const DtlsContext& context);
  void advance(TimePoint now);
  void handshake();
  void finish_handshake();
  void read_records();
  void make_buffers();
  void fail(Status why);
  Status handshake_failure() const;
  std::optional<DtlsSrtpKeys> export_keys() const;
  void update_deadline(TimePoint now);

  DtlsRole role_;
  Fingerprint peer_fingerprint_;
  DatagramBio datagrams_;
  std::function<void(Bytes)> on_data_;
  bool carries_data_ = false;  // the record buffers are worth keeping
  RecordGuard guard_;
  openssl::Ptr<SSL> ssl_;
  DtlsState state_ = DtlsState::kHandshaking;
  bool fingerprint_compared_ = false;
  bool fingerprint_matches_ = false;
  std::optional<DtlsSrtpKeys> keys_;
  Status failure_;
  TimePoint give_up_at_;
  TimePoint deadline_;
  size_t dropped_ = 0;
};

}  // namespace kms::rtc
