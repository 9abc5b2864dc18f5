// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kms-core/graph/format.hpp"
#include "kms-core/rtc/rtp/codec.hpp"

namespace kms::rtp {

// All that an RtpEndpoint speaks, the usual ones first.
const std::vector<rtc::Codec>& all_codecs();
// By its name in the API: that of RTP in upper case. Nothing for others.
std::optional<rtc::Codec> codec_of(std::string_view name);
// "OPUS, PCMU, ...", for error texts.
std::string names_of_all();

graph::Format format_of(rtc::Codec codec);
// Of one kind, in their order.
graph::Formats formats_of(const std::vector<rtc::Codec>& codecs, bool video);

}  // namespace kms::rtp
