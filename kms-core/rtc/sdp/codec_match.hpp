// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "kms-core/rtc/rtp/codec.hpp"
#include "kms-core/rtc/sdp/session_description.hpp"

namespace kms::rtc {

// A codec in one of its configurations. Parameters as in a=fmtp; empty: whichever.
struct CodecChoice {
  Codec codec = Codec::kOpus;
  std::string parameters = {};
};

// What kms says of a codec of its own when nobody says otherwise; may be empty.
std::string_view usual_parameters(Codec codec);

// The codec of an offered payload type; nothing for RTX, FEC, comfort noise and whatever kms does not know,
// for a wrong clock or number of channels, and for types 64 to 95, which RTCP is taken for on a shared port
// (RFC 5761 section 4).
std::optional<Codec> codec_of(const PayloadFormat& payload);

// Types 64 to 95 are taken for RTCP on a shared port (RFC 5761 section 4).
inline bool is_muxable(uint8_t type) { return type < 64 || type > 95; }

// True if packets of `ours` can go over `offered` (or come that way): the same codec, and
// - H.264: the same profile and packetization-mode (RFC 6184 section 8.2.2), a level that the peer takes;
// - H.265: the same profile, tier and transmission mode (RFC 7798 section 7.2.2);
// - VP9 and AV1: the same profile.
// Empty parameters of `ours` match any configuration.
bool matches(const PayloadFormat& offered, const CodecChoice& ours);
// The part of it that is about parameters, as in a=fmtp.
bool parameters_match(Codec codec, std::string_view offered, std::string_view ours);
// True if a receiver with these parameters takes a stream with those of `sender`, which need not be the same:
// each H.264 decoder takes constrained baseline, and packetization-mode 1 takes what 0 sends.
bool takes(Codec codec, std::string_view receiver, std::string_view sender);

}  // namespace kms::rtc
