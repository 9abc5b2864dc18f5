// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "kms-core/rtc/wire/transport_address.hpp"

namespace kms::rtc {

// The names of RFC 8489 and RFC 8445.
namespace stun {
inline constexpr uint32_t kMagic = 0x2112a442;
inline constexpr size_t kHeaderSize = 20;
inline constexpr uint16_t kBinding = 0x0001;
inline constexpr uint16_t kMappedAddress = 0x0001;
inline constexpr uint16_t kUsername = 0x0006;
inline constexpr uint16_t kMessageIntegrity = 0x0008;
inline constexpr uint16_t kErrorCode = 0x0009;
inline constexpr uint16_t kUnknownAttributes = 0x000a;
inline constexpr uint16_t kRealm = 0x0014;
inline constexpr uint16_t kNonce = 0x0015;
inline constexpr uint16_t kMessageIntegritySha256 = 0x001c;
inline constexpr uint16_t kXorMappedAddress = 0x0020;
inline constexpr uint16_t kPriority = 0x0024;
inline constexpr uint16_t kUseCandidate = 0x0025;
inline constexpr uint16_t kFingerprint = 0x8028;
inline constexpr uint16_t kIceControlled = 0x8029;
inline constexpr uint16_t kIceControlling = 0x802a;
inline constexpr uint32_t kFingerprintXor = 0x5354554e;
}  // namespace stun

enum class StunClass : uint8_t { kRequest, kIndication, kSuccess, kError };

using StunTransaction = std::array<uint8_t, 12>;

// A read-only look at one STUN message (RFC 8489). Owns nothing, never allocates; the datagram must outlive
// it. What stands behind MESSAGE-INTEGRITY, FINGERPRINT apart, is ignored as the RFC wants it (section 14.5);
// of an attribute that comes twice the first counts.
class StunMessage {
 public:
  // Nothing unless header, length, magic cookie, every attribute's bounds and a FINGERPRINT, if there is one,
  // are right.
  static std::optional<StunMessage> parse(Bytes datagram);

  StunClass message_class() const;
  uint16_t method() const;
  StunTransaction transaction() const;

  std::optional<std::string_view> username() const;
  std::optional<uint32_t> priority() const;
  bool use_candidate() const { return use_candidate_; }
  bool controlling() const { return controlling_; }
  bool controlled() const { return controlled_; }
  std::optional<int> error_code() const;
  std::optional<TransportAddress> mapped_address() const;

  bool has_integrity() const { return integrity_offset_ != 0; }
  // HMAC-SHA1 with the short-term key `password` (section 14.5). False without the attribute.
  bool integrity_matches(std::string_view password) const;

  // Comprehension-required attributes (below 0x8000) that nobody here knows; at most eight are kept.
  std::span<const uint16_t> unknown_required() const { return {unknown_.data(), unknown_count_}; }

 private:
  explicit StunMessage(Bytes datagram) : datagram_(datagram) {}
  bool read_attributes();
  bool note(uint16_t type, size_t offset, Bytes value);
  void note_unknown(uint16_t type);
  bool fingerprint_matches(size_t offset, Bytes value) const;

  Bytes datagram_;
  std::optional<Bytes> username_;
  std::optional<Bytes> priority_;
  std::optional<Bytes> error_;
  std::optional<Bytes> mapped_;
  size_t integrity_offset_ = 0;
  bool use_candidate_ = false;
  bool controlling_ = false;
  bool controlled_ = false;
  uint8_t unknown_count_ = 0;
  std::array<uint16_t, 8> unknown_{};
};

// The receiver's ufrag of a request's USERNAME "<receiver>:<sender>" (RFC 8445 section 7.2.2): what a peer
// that speaks from an unknown address is found by. Proves nothing; only integrity does.
std::optional<std::string_view> local_ufrag_of(const StunMessage& message);

}  // namespace kms::rtc
