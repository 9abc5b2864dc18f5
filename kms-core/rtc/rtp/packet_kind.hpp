// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/wire/bytes.hpp"

namespace kms::rtc {

enum class PacketKind : uint8_t { kUnknown, kStun, kDtls, kRtp, kRtcp };

// What a datagram on a shared port is, from its first two bytes (RFC 7983 section 7, RFC 5761 section 4).
// Says nothing about the rest: each parser checks its own.
PacketKind packet_kind(Bytes datagram);

}  // namespace kms::rtc
