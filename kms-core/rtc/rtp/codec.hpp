// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace kms::rtc {

// The codecs that pass through the RTP plane as packets. RTX is no codec here: it repairs one.
enum class Codec : uint8_t { kOpus, kPcmu, kPcma, kG722, kVp8, kVp9, kH264, kH265, kAv1 };

// The encoding name of a=rtpmap (RFC 8866 section 6.6), e.g. "VP8"; compared without regard to case.
std::string_view name_of(Codec codec);
std::optional<Codec> codec_named(std::string_view name);

// The RTP clock rate in Hz. G.722 says 8000 although it samples 16000 (RFC 3551 section 4.5.2).
uint32_t clock_rate_of(Codec codec);
constexpr bool is_audio(Codec codec) { return codec <= Codec::kG722; }

}  // namespace kms::rtc
