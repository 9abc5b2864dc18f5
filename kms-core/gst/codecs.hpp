// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <string>

#include "kms-core/base/status.hpp"

namespace kms::gst {

// The RTP encoding name in upper case of what the caps describe ("H264", "OPUS"); "" for raw media; nothing
// for a codec that kms does not know.
Result<std::string> codec_of(const GstCaps* caps);

// Chains in gst-launch syntax. Errors: CODEC_UNSUPPORTED, PLUGIN_MISSING.
// Pictures come out of a decoder upright, however the stream says they lie (StreamInfo::orientation), which
// costs nothing as long as it says nothing. One for what came as packets also conceals sound that is missing
// (Opus: it is then one packet behind, to use what the next one repeats).
enum class CameAs { kFrames, kPackets };
Result<std::string> decoder_chain(const std::string& codec, CameAs came = CameAs::kFrames);
Result<std::string> encoder_chain(const std::string& codec, uint32_t bitrate_bps);
// The name that the encoder itself has in every encoder chain, and how to change its target (any thread).
inline constexpr char kEncoderName[] = "encoder";
void set_bitrate(GstElement* encoder, uint32_t bitrate_bps);

bool can_encode(const std::string& codec);
bool can_decode(const std::string& codec);

}  // namespace kms::gst
