// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/rtc.hpp"
#include "kms/webrtc/v1/webrtc.pb.h"

namespace kms::webrtc {

// What the RTP plane says, in the words of the API.
v1::IceTransportState to_proto(rtc::IceTransportState state);
v1::DtlsTransportState to_proto(rtc::DtlsTransportState state);
v1::ConnectionState to_proto(rtc::PeerState state);
v1::GetRtcStatsResponse to_proto(const rtc::PeerStatistics& statistics);

v1::EncodingsWanted to_proto(const rtc::EncodingsWanted& track, const std::string& port);
rtc::LayerWish to_wish(const v1::SetPreferredLayersRequest& request);

// The lines that an offer is to have besides those that there are. Errors: INVALID_OPTIONS.
Result<std::vector<rtc::WantedLine>> wanted_lines(const v1::GenerateOfferRequest& request);

// An offer of ours, and its lines.
v1::GenerateOfferResponse to_offer(std::string sdp);

}  // namespace kms::webrtc
