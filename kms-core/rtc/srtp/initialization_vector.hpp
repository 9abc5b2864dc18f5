// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "kms-core/rtc/srtp/profile.hpp"
#include "kms-core/rtc/wire/bytes.hpp"

namespace kms::rtc {

using SrtpVector = std::array<uint8_t, 16>;

inline void xor_u32(uint8_t* at, uint32_t value) { store_u32(at, load_u32(at) ^ value); }

// Counter block of AES-CM: salt * 2^16 XOR SSRC * 2^64 XOR index * 2^16 (RFC 3711 section 4.1.1).
inline SrtpVector counter_block(const SrtpVector& salt, uint32_t ssrc, uint64_t index) {
  SrtpVector iv = salt;
  xor_u32(&iv[4], ssrc);
  xor_u32(&iv[8], static_cast<uint32_t>(index >> 16));
  iv[12] ^= static_cast<uint8_t>(index >> 8);
  iv[13] ^= static_cast<uint8_t>(index);
  return iv;
}

// GCM's 12 bytes: salt XOR (0 0 | SSRC | roll-over counter | sequence) for RTP, and with the 31-bit index in
// place of the last four and two zeros before for RTCP, which is the same sum (RFC 7714 sections 8.1
// and 9.1).
inline SrtpVector gcm_nonce(const SrtpVector& salt, uint32_t ssrc, uint64_t index) {
  SrtpVector iv = salt;
  xor_u32(&iv[2], ssrc);
  xor_u32(&iv[6], static_cast<uint32_t>(index >> 16));
  iv[10] ^= static_cast<uint8_t>(index >> 8);
  iv[11] ^= static_cast<uint8_t>(index);
  return iv;
}

}  // namespace kms::rtc
