// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace kms::rtc {

// The header extensions kms knows by meaning. Their ids are negotiated per peer (a=extmap, RFC 8285).
enum class ExtensionKind : uint8_t {
  kMid,                   // RFC 9143, text
  kRid,                   // RFC 8852, text
  kRepairedRid,           // RFC 8852, text
  kAudioLevel,            // RFC 6464, 1 byte: voice bit, -dBov
  kAbsSendTime,           // 3 bytes, 6.18 fixed point seconds
  kTransportSequence,     // 2 bytes, transport-wide sequence number
  kVideoOrientation,      // 3GPP TS 26.114, 1 byte: camera, flip, rotation
  kPlayoutDelay,          // 3 bytes, minimum and maximum in 10 ms
  kTimeOffset,            // RFC 5450, 3 bytes
  kAbsCaptureTime,        // 8 or 16 bytes
  kDependencyDescriptor,  // AV1 RTP specification, up to 255 bytes
};
inline constexpr size_t kExtensionKinds = 11;

std::string_view uri_of(ExtensionKind kind);
std::optional<ExtensionKind> extension_of(std::string_view uri);

}  // namespace kms::rtc
