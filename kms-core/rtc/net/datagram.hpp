// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/net/path.hpp"
#include "kms-core/rtc/wire/bytes.hpp"
#include "kms-core/rtc/wire/clock.hpp"

namespace kms::rtc {

// What arrived: one UDP datagram or one frame of a TCP connection. The bytes may be changed by who handles
// it and are gone when the handler returns.
struct Datagram {
  Path path;
  MutableBytes bytes;
  TimePoint arrived{};
};

// The largest datagram that is read; longer ones are dropped.
inline constexpr size_t kMaxDatagram = 2048;

}  // namespace kms::rtc
