// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/rtp/codec.hpp"
#include "kms-core/rtc/wire/bytes.hpp"

namespace kms::rtc {

// True if a decoder can start with this packet: its payload (without padding) begins a key frame. For H.264
// and H.265 the parameter sets in front of the picture count as its beginning, for AV1 the first packet of
// a coded video sequence. With spatial layers only the lowest one counts. Malformed payloads, and audio,
// are never key frames. Never allocates. (RFC 7741, 9628, 6184, 7798, AV1 RTP specification.)
bool starts_key_frame(Codec codec, Bytes payload);

}  // namespace kms::rtc
