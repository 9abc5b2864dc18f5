// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/wire/bytes.hpp"

namespace kms::rtc {

// What a retransmission stream is called: its own payload type, SSRC and sequence numbers (RFC 4588).
struct RtxHeader {
  uint8_t payload_type;
  uint16_t sequence;
  uint32_t ssrc;
};

// What the repaired packet is called: the payload type and SSRC that the RTX stream stands for.
struct RtxOriginal {
  uint8_t payload_type;
  uint32_t ssrc;
};

inline constexpr size_t kRtxOverhead = 2;  // the original sequence number

// Writes `packet` (plain RTP) as a retransmission into `out`, header extensions and padding as they are.
// Returns its size, packet.size() + kRtxOverhead, or 0 if the packet is malformed or `out` too small.
size_t rtx_wrap(Bytes packet, const RtxHeader& as, MutableBytes out);

// Turns a plain RTX packet back into the original, in place: the header moves up by two bytes. Returns the
// original inside `packet`, or an empty span if it is malformed or carries none (padding sent as a probe).
MutableBytes rtx_unwrap(MutableBytes packet, const RtxOriginal& as);

}  // namespace kms::rtc
