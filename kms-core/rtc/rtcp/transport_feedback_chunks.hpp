// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/wire/byte_writer.hpp"

namespace kms::rtc {

// What became of a packet (transport-cc draft section 3.1.1).
enum class ArrivalSymbol : uint8_t { kLost = 0, kSmallDelta = 1, kLargeDelta = 2 };

// Writes packet status chunks for `symbols` (sections 3.1.3 and 3.1.4): runs where they pay, else vectors of
// 14 one-bit or 7 two-bit symbols.
void write_status_chunks(std::span<const ArrivalSymbol> symbols, ByteWriter& to);

}  // namespace kms::rtc
