// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/dtls/record_guard.hpp"

namespace kms::rtc {
namespace {

constexpr uint8_t kChangeCipherSpec = 20;
constexpr uint8_t kHandshake = 22;
constexpr uint8_t kApplicationData = 23;
constexpr uint16_t kDtls10 = 0xfeff;  // still the version of a first ClientHello's record
constexpr uint16_t kDtls12 = 0xfefd;
constexpr size_t kMaxRecordSize = 16384 + 2048;

bool messages_fit(Bytes record) {
  ByteReader reader(record);
  while (reader.left() > 0) {
    reader.skip(1);
    const uint32_t size = reader.u24();
    reader.skip(2);
    const uint32_t offset = reader.u24();
    const uint32_t fragment = reader.u24();
    reader.skip(fragment);
    if (!reader.ok() || size > RecordGuard::kMaxMessageSize || offset + fragment > size) return false;
  }
  return true;
}

}  // namespace

bool RecordGuard::admits(Bytes datagram, bool connected) {
  if (!connected && ++datagrams_ > kMaxDatagrams) return false;
  ByteReader reader(datagram);
  if (reader.left() == 0) return false;
  while (reader.left() > 0) {
    if (!admits_record(reader, connected)) return false;
  }
  return true;
}

bool RecordGuard::admits_record(ByteReader& datagram, bool connected) {
  const uint8_t type = datagram.u8();
  const uint16_t version = datagram.u16();
  const uint16_t epoch = datagram.u16();
  datagram.skip(6);  // sequence number
  const uint16_t size = datagram.u16();
  const auto record = datagram.bytes(size);
  if (!datagram.ok() || size > kMaxRecordSize) return false;
  if (type < kChangeCipherSpec || type > kApplicationData) return false;
  if (version != kDtls10 && version != kDtls12) return false;
  if (epoch == 0) return type != kHandshake || messages_fit(record);
  return connected || (epoch == 1 && ++early_records_ <= kMaxEarlyRecords);
}

}  // namespace kms::rtc
