// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/rtc.hpp"
#include "kms/webrtc/v1/webrtc.pb.h"

namespace kms::webrtc {

// Data channels in the words of the API.
v1::DataChannel to_proto(const rtc::DataChannel& channel);
// As of now, or with a state that it had.
v1::DataChannel to_proto(const rtc::DataChannel& channel, rtc::DataChannelState state);
void add_to(v1::GetRtcStatsResponse& response, const rtc::SctpStatistics& statistics);
v1::ReceiveDataResponse received(const rtc::DataChannel& channel, rtc::DataMessage message);

// Errors: DATA_CHANNEL_INVALID.
Result<rtc::DataChannelOptions> channel_options(const v1::CreateDataChannelRequest& request);
// Errors: MESSAGE_EMPTY.
Result<rtc::DataMessage> to_message(const v1::SendDataRequest& request);

}  // namespace kms::webrtc
