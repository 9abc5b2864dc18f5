// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/ice/stun_message.hpp"

#include <openssl/crypto.h>

#include <algorithm>

#include "kms-core/rtc/ice/crc32.hpp"
#include "kms-core/rtc/ice/stun_integrity.hpp"
#include "kms-core/rtc/wire/byte_reader.hpp"

namespace kms::rtc {
namespace {

constexpr size_t kAttributeHeadSize = 4;
constexpr size_t kMaxUsername = 513;

void keep_first(std::optional<Bytes>& slot, Bytes value) {
  if (!slot) slot = value;
}

bool is_known_and_unused(uint16_t type) {
  return type == stun::kMappedAddress || type == stun::kUnknownAttributes || type == stun::kRealm ||
         type == stun::kNonce || type == stun::kMessageIntegritySha256;
}

}  // namespace

std::optional<StunMessage> StunMessage::parse(Bytes datagram) {
  ByteReader reader(datagram);
  const uint16_t type = reader.u16();
  const uint16_t length = reader.u16();
  const uint32_t magic = reader.u32();
  const bool head_ok = datagram.size() >= stun::kHeaderSize && (type & 0xc000) == 0 && magic == stun::kMagic;
  if (!head_ok || length % 4 != 0 || datagram.size() != stun::kHeaderSize + length) return std::nullopt;
  StunMessage message(datagram);
  if (!message.read_attributes()) return std::nullopt;
  return message;
}

bool StunMessage::read_attributes() {
  ByteReader reader(datagram_.subspan(stun::kHeaderSize));
  while (reader.left() > 0) {
    const size_t offset = datagram_.size() - reader.left();
    const uint16_t type = reader.u16();
    const uint16_t size = reader.u16();
    const auto value = reader.bytes(size);
    reader.skip((4 - size % 4) % 4);
    if (!reader.ok()) return false;
    if (type == stun::kFingerprint) return reader.left() == 0 && fingerprint_matches(offset, value);
    if (!has_integrity() && !note(type, offset, value)) return false;
  }
  return true;
}

// False for an attribute whose size cannot be right.
bool StunMessage::note(uint16_t type, size_t offset, Bytes value) {
  switch (type) {
    case stun::kUsername:
      keep_first(username_, value);
      return value.size() <= kMaxUsername;
    case stun::kPriority:
      keep_first(priority_, value);
      return value.size() == 4;
    case stun::kErrorCode:
      keep_first(error_, value);
      return value.size() >= 4;
    case stun::kXorMappedAddress:
      keep_first(mapped_, value);
      return value.size() == 8 || value.size() == 20;
    case stun::kMessageIntegrity:
      integrity_offset_ = offset;
      return value.size() == kStunIntegritySize;
    case stun::kUseCandidate:
      use_candidate_ = true;
      return value.empty();
    case stun::kIceControlling:
      controlling_ = true;
      return value.size() == 8;
    case stun::kIceControlled:
      controlled_ = true;
      return value.size() == 8;
    default:
      break;
  }
  if (type < 0x8000 && !is_known_and_unused(type)) note_unknown(type);
  return true;
}

void StunMessage::note_unknown(uint16_t type) {
  if (unknown_count_ < unknown_.size()) unknown_[unknown_count_++] = type;
}

bool StunMessage::fingerprint_matches(size_t offset, Bytes value) const {
  return value.size() == 4 &&
         load_u32(value.data()) == (crc32(datagram_.first(offset)) ^ stun::kFingerprintXor);
}

StunClass StunMessage::message_class() const {
  const uint16_t type = load_u16(datagram_.data());
  return static_cast<StunClass>((type >> 7 & 2) | (type >> 4 & 1));
}

uint16_t StunMessage::method() const {
  const uint16_t type = load_u16(datagram_.data());
  return static_cast<uint16_t>((type & 0x000f) | (type & 0x00e0) >> 1 | (type & 0x3e00) >> 2);
}

StunTransaction StunMessage::transaction() const {
  StunTransaction transaction;
  std::copy_n(datagram_.begin() + 8, transaction.size(), transaction.begin());
  return transaction;
}

std::optional<std::string_view> StunMessage::username() const {
  if (!username_) return std::nullopt;
  return std::string_view(reinterpret_cast<const char*>(username_->data()), username_->size());
}

std::optional<uint32_t> StunMessage::priority() const {
  if (!priority_) return std::nullopt;
  return load_u32(priority_->data());
}

std::optional<int> StunMessage::error_code() const {
  if (!error_) return std::nullopt;
  return ((*error_)[2] & 0x07) * 100 + (*error_)[3];
}

std::optional<TransportAddress> StunMessage::mapped_address() const {
  if (!mapped_) return std::nullopt;
  const auto& value = *mapped_;
  const size_t ip_size = value[1] == 1 ? 4 : 16;
  if (value.size() != 4 + ip_size || (value[1] != 1 && value[1] != 2)) return std::nullopt;
  std::array<uint8_t, 16> ip{};
  // The address is XORed with the magic cookie and the transaction id, which stand at byte 4 (section 14.2).
  for (size_t i = 0; i < ip_size; ++i) ip[i] = value[4 + i] ^ datagram_[4 + i];
  const auto port = static_cast<uint16_t>(load_u16(&value[2]) ^ (stun::kMagic >> 16));
  return TransportAddress::of(Bytes(ip).first(ip_size), port);
}

bool StunMessage::integrity_matches(std::string_view password) const {
  if (!has_integrity()) return false;
  const auto digest = stun_integrity(datagram_.first(integrity_offset_), password);
  const auto* given = &datagram_[integrity_offset_ + kAttributeHeadSize];
  return digest && CRYPTO_memcmp(digest->data(), given, digest->size()) == 0;
}

std::optional<std::string_view> local_ufrag_of(const StunMessage& message) {
  const auto username = message.username();
  if (!username) return std::nullopt;
  const auto colon = username->find(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  return username->substr(0, colon);
}

}  // namespace kms::rtc
