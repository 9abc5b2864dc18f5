// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace kms::rtc {

// RTP outside of WebRTC: RFC 3551, 4585, 3711 and 5124.
enum class RtpProfile : uint8_t { kAvp, kAvpf, kSavp, kSavpf };

constexpr bool is_secure(RtpProfile profile) { return profile >= RtpProfile::kSavp; }
constexpr bool has_feedback(RtpProfile profile) {
  return profile == RtpProfile::kAvpf || profile == RtpProfile::kSavpf;
}
// As m= says it: "RTP/SAVPF".
constexpr std::string_view name_of(RtpProfile profile) {
  constexpr std::string_view kNames[] = {"RTP/AVP", "RTP/AVPF", "RTP/SAVP", "RTP/SAVPF"};
  return kNames[static_cast<size_t>(profile)];
}
constexpr std::optional<RtpProfile> rtp_profile_named(std::string_view protocol) {
  for (const auto profile : {RtpProfile::kAvp, RtpProfile::kAvpf, RtpProfile::kSavp, RtpProfile::kSavpf}) {
    if (name_of(profile) == protocol) return profile;
  }
  return std::nullopt;
}

}  // namespace kms::rtc
