// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/base/spsc_ring.hpp"
#include "kms-core/rtc/forwarding/packet_sink.hpp"
#include "kms-core/rtc/forwarding/source_stream.hpp"

namespace kms::rtc {

// A packet on its way from one RTC thread to the fan-out of another: a share in it, no copy.
struct HandedOver {
  SourceId source = 0;
  PacketRef packet;
};

// One direction between two RTC threads. Full means that the other thread is far behind: packets are dropped,
// a packet path never waits.
using HandoverRing = SpscRing<HandedOver>;
inline constexpr size_t kHandoverCapacity = 4096;

}  // namespace kms::rtc
