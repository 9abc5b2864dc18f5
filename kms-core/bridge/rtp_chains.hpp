// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "kms-core/base/status.hpp"
#include "kms-core/gst/ref.hpp"
#include "kms-core/rtc/rtp/codec.hpp"

namespace kms::bridge {

// Chains in gst-launch syntax. Errors: CODEC_UNSUPPORTED.
Result<std::string> depayloader_chain(rtc::Codec codec);
Result<std::string> payloader_chain(rtc::Codec codec, size_t mtu);

// What the packets that go into the depayloader are; `parameters` as in a=fmtp.
gst::Ref<GstCaps> rtp_caps(rtc::Codec codec, const std::string& parameters);
// The payload type that these caps say.
constexpr uint8_t kPayloadType = 96;

}  // namespace kms::bridge
