// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/srtp/profile.hpp"

namespace kms::rtc {

// What RTP or RTCP of one direction is protected with. The salt is padded with zeros to the width of an AES
// block, which is how both kinds of initialization vector use it.
struct SrtpSessionKeys {
  std::array<uint8_t, 16> cipher{};
  std::array<uint8_t, 20> auth{};
  std::array<uint8_t, 16> salt{};
};

struct SrtpKeys {
  SrtpSessionKeys rtp;
  SrtpSessionKeys rtcp;
};

// Key derivation with rate 0 (RFC 3711 section 4.3; RFC 7714 section 11 for the 12-byte salt).
SrtpKeys derive_srtp_keys(SrtpProfile profile, const SrtpMasterKey& master);

}  // namespace kms::rtc
