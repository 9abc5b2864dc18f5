// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kms-core/rtc/rtp/codec.hpp"

namespace kms::webrtc {

// The codec's name in the API: that of RTP in upper case.
std::string api_name(rtc::Codec codec);
// Nothing when there is no such codec.
std::optional<rtc::Codec> codec_of(std::string_view api_name);

// All that the RTP plane carries, the usual ones first.
const std::vector<rtc::Codec>& all_codecs();

}  // namespace kms::webrtc
