// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/wire/byte_reader.hpp"

namespace kms::rtc {

// Stands before OpenSSL and lets only well-formed DTLS records through (RFC 6347 sections 4.1 and 4.2.2), in
// an amount that bounds what a half-open handshake may make OpenSSL keep: it stores up to ten messages ahead
// and every record of the next epoch, 17 KB each.
class RecordGuard {
 public:
  static constexpr uint32_t kMaxMessageSize = 8192;  // a handshake message; certificates are about 1 KB
  static constexpr uint32_t kMaxDatagrams = 256;     // in one handshake, retransmissions included
  static constexpr uint32_t kMaxEarlyRecords = 16;   // encrypted ones before the handshake is over

  // False: drop the datagram. `connected`: the handshake is over, only the form is looked at.
  bool admits(Bytes datagram, bool connected);

 private:
  bool admits_record(ByteReader& datagram, bool connected);

  uint32_t datagrams_ = 0;
  uint32_t early_records_ = 0;
};

}  // namespace kms::rtc
