// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/base/status.hpp"
#include "kms-core/rtc/sdp/session_description.hpp"
#include "kms-core/rtc/srtp/profile.hpp"

namespace kms::rtc {

// Keys in the session description (RFC 4568; for GCM RFC 7714 section 14.3). Whoever reads the description
// can read the media: its way must be a safe one.
struct SdesKey {
  SrtpProfile profile = SrtpProfile::kAesCm128HmacSha1_80;
  SrtpMasterKey master;
  bool operator==(const SdesKey&) const = default;
};

// Nothing for suites that kms does not know.
std::optional<SrtpProfile> suite_named(std::string_view name);
std::string_view suite_name_of(SrtpProfile profile);

// One a=crypto of an m-line that begins at `line`. Reasons: SDP_CRYPTO_SUITE, SDP_CRYPTO_KEY (no base64, or
// not as long as the suite wants, or several), SDP_CRYPTO_MKI, SDP_CRYPTO_LIFETIME (shorter than any session
// lasts), SDP_CRYPTO_PARAMETERS (session parameters that change how packets look).
Result<SdesKey> read_sdes(const CryptoEntry& entry, size_t line);
CryptoEntry write_sdes(uint32_t tag, const SdesKey& key);
SdesKey make_sdes_key(SrtpProfile profile);

}  // namespace kms::rtc
