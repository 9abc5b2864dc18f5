// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

// SCTP payload protocol identifiers of WebRTC, RFC 8831 section 8. An empty message is a byte of zero on the
// wire: SCTP carries none without.
namespace kms::rtc::ppid {

inline constexpr uint32_t kDcep = 50;
inline constexpr uint32_t kText = 51;
inline constexpr uint32_t kBinary = 53;
inline constexpr uint32_t kTextEmpty = 56;
inline constexpr uint32_t kBinaryEmpty = 57;

}  // namespace kms::rtc::ppid
