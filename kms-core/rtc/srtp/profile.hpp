// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace kms::rtc {

// How RTP is protected: the first two by keys from DTLS (RFC 5764 section 4.1.2, RFC 7714 section 14.2) or
// from SDP, the third from SDP only (RFC 4568 section 6.2.2); with the last one everything goes in the clear.
enum class SrtpProfile : uint8_t { kAeadAes128Gcm, kAesCm128HmacSha1_80, kAesCm128HmacSha1_32, kNone };

// Of RTCP. Only RTP has the short tag of kAesCm128HmacSha1_32 (RFC 4568 section 6.2.2).
constexpr size_t rtcp_tag_size(SrtpProfile profile) {
  if (profile == SrtpProfile::kNone) return 0;
  return profile == SrtpProfile::kAeadAes128Gcm ? 16 : 10;
}
constexpr size_t tag_size(SrtpProfile profile) {
  return profile == SrtpProfile::kAesCm128HmacSha1_32 ? 4 : rtcp_tag_size(profile);
}
constexpr size_t salt_size(SrtpProfile profile) { return profile == SrtpProfile::kAeadAes128Gcm ? 12 : 14; }

// The widest tag, and the word of index that follows an SRTCP packet.
inline constexpr size_t kMaxSrtpTag = 16;
inline constexpr size_t kSrtcpIndexSize = 4;

// One direction's master key and salt, as the DTLS exporter or a=crypto gives them. A 12-byte salt leaves the
// end zero.
struct SrtpMasterKey {
  std::array<uint8_t, 16> key{};
  std::array<uint8_t, 14> salt{};

  bool operator==(const SrtpMasterKey&) const = default;
};

}  // namespace kms::rtc
