// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "elements/player/words/rtsp_description.hpp"
#include "kms-core/gst/ref.hpp"

namespace kms::player {

// From RTP to encoded frames, in gst-launch syntax. Errors: CODEC_UNSUPPORTED.
Result<std::string> depayloading(const RtspStream& stream);

// application/x-rtp with all that the description says.
gst::Ref<GstCaps> rtp_caps_of(const RtspStream& stream);

}  // namespace kms::player
