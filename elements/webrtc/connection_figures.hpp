// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "kms-core/rtc/rtc.hpp"
#include "kms/webrtc/v1/webrtc.pb.h"

namespace kms::webrtc {

const char* kind_of(const rtc::StreamStatistics& stream);       // "video"
std::string mime_type_of(const rtc::StreamStatistics& stream);  // "video/VP8"

// What GetRtcStats says besides the streams and the transport themselves: codecs, the peer's reports, the
// selected candidates and the certificates.
void add_connection(v1::GetRtcStatsResponse& response, const rtc::PeerStatistics& statistics);

}  // namespace kms::webrtc
