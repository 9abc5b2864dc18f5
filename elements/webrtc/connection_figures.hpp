// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "kms-core/rtc/rtc.hpp"
#include "kms/webrtc/v1/webrtc.pb.h"

namespace kms::webrtc {

const char* kind_of(const rtc::StreamStatistics& stream);       // "video"
std::string mime_type_of(const rtc::StreamStatistics& stream);  // "video/VP8"

// Since 1970; NTP counts from 1900 (RFC 3550 section 4).
double unix_milliseconds(uint64_t ntp);

// What GetRtcStats says besides the streams and the transport's packets: how it was begun, codecs, the peer's
// reports, the selected candidates and the certificates.
void add_connection(v1::GetRtcStatsResponse& response, const rtc::PeerStatistics& statistics);

}  // namespace kms::webrtc
