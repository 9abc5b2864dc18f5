// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/ice/stun_writer.hpp"

#include <algorithm>

#include "kms-core/rtc/ice/crc32.hpp"
#include "kms-core/rtc/ice/stun_integrity.hpp"

namespace kms::rtc {
namespace {

uint16_t type_of(StunClass message_class) {
  const auto bits = static_cast<unsigned>(message_class);
  return static_cast<uint16_t>(stun::kBinding | (bits & 2) << 7 | (bits & 1) << 4);
}

Bytes bytes_of(std::string_view text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }

}  // namespace

StunWriter::StunWriter(MutableBytes out, StunClass message_class, const StunTransaction& transaction)
    : out_(out), writer_(out) {
  writer_.u16(type_of(message_class));
  writer_.u16(0);
  writer_.u32(stun::kMagic);
  writer_.bytes(transaction);
}

void StunWriter::set_length(size_t total) {
  if (writer_.ok()) store_u16(&out_[2], static_cast<uint16_t>(total - stun::kHeaderSize));
}

void StunWriter::add(uint16_t type, Bytes value) {
  writer_.u16(type);
  writer_.u16(static_cast<uint16_t>(value.size()));
  writer_.bytes(value);
  writer_.zeros((4 - value.size() % 4) % 4);
  set_length(writer_.size());
}

void StunWriter::add(uint16_t type, std::string_view text) { add(type, bytes_of(text)); }

void StunWriter::add_u32(uint16_t type, uint32_t value) {
  std::array<uint8_t, 4> bytes;
  store_u32(bytes.data(), value);
  add(type, bytes);
}

void StunWriter::add_u64(uint16_t type, uint64_t value) {
  std::array<uint8_t, 8> bytes;
  store_u64(bytes.data(), value);
  add(type, bytes);
}

void StunWriter::add_xor_mapped(const TransportAddress& address) {
  if (!writer_.ok()) return;
  const auto ip = address.ip_bytes();
  std::array<uint8_t, 20> value{};
  value[1] = ip.size() == 4 ? 1 : 2;
  store_u16(&value[2], static_cast<uint16_t>(address.port ^ (stun::kMagic >> 16)));
  for (size_t i = 0; i < ip.size(); ++i) value[4 + i] = ip[i] ^ out_[4 + i];
  add(stun::kXorMappedAddress, Bytes(value).first(4 + ip.size()));
}

void StunWriter::add_error(int code, std::string_view reason) {
  std::array<uint8_t, 64> value{};
  value[2] = static_cast<uint8_t>(code / 100);
  value[3] = static_cast<uint8_t>(code % 100);
  const auto text = bytes_of(reason).first(std::min<size_t>(reason.size(), value.size() - 4));
  std::ranges::copy(text, value.begin() + 4);
  add(stun::kErrorCode, Bytes(value).first(4 + text.size()));
}

void StunWriter::add_unknown(std::span<const uint16_t> types) {
  std::array<uint8_t, 16> value{};
  const size_t count = std::min(types.size(), value.size() / 2);
  for (size_t i = 0; i < count; ++i) store_u16(&value[2 * i], types[i]);
  add(stun::kUnknownAttributes, Bytes(value).first(2 * count));
}

void StunWriter::add_integrity(std::string_view password) {
  if (!writer_.ok()) return;
  if (const auto digest = stun_integrity(writer_.written(), password)) add(stun::kMessageIntegrity, *digest);
}

void StunWriter::add_fingerprint() {
  if (!writer_.ok()) return;
  set_length(writer_.size() + 8);
  add_u32(stun::kFingerprint, crc32(writer_.written()) ^ stun::kFingerprintXor);
}

}  // namespace kms::rtc
