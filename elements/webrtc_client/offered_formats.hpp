// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "kms-core/gst/rtp_format.hpp"
#include "kms-core/rtc/rtp/codec.hpp"

namespace kms::webrtc_client {

// How a codec is offered. Payload types are one per codec, so that they tell what a packet is.
gst::RtpFormat offered_format(rtc::Codec codec);
std::vector<gst::RtpFormat> offered_formats(const std::vector<rtc::Codec>& codecs);

}  // namespace kms::webrtc_client
