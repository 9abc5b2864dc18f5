// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace kms::rtc {

// The protection profiles kms negotiates in DTLS (RFC 5764 section 4.1.2, RFC 7714 section 14.2).
enum class SrtpProfile : uint8_t { kAeadAes128Gcm, kAesCm128HmacSha1_80 };

constexpr size_t tag_size(SrtpProfile profile) { return profile == SrtpProfile::kAeadAes128Gcm ? 16 : 10; }
constexpr size_t salt_size(SrtpProfile profile) { return profile == SrtpProfile::kAeadAes128Gcm ? 12 : 14; }

// The widest tag, and the word of index that follows an SRTCP packet.
inline constexpr size_t kMaxSrtpTag = 16;
inline constexpr size_t kSrtcpIndexSize = 4;

// One direction's master key and salt, as the DTLS exporter gives them. A 12-byte salt leaves the end zero.
struct SrtpMasterKey {
  std::array<uint8_t, 16> key{};
  std::array<uint8_t, 14> salt{};
};

}  // namespace kms::rtc
