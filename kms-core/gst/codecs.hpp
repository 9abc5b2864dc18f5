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

// What an encoder shall reach. Sizes only shrink, and keep their ratio.
struct EncoderTarget {
  uint32_t bitrate_bps = 0;
  uint32_t max_height = 0;  // 0: as it comes
};

// Chains in gst-launch syntax. Errors: CODEC_UNSUPPORTED, PLUGIN_MISSING.
Result<std::string> decoder_chain(const std::string& codec);
Result<std::string> encoder_chain(const std::string& codec, const EncoderTarget& target);
// The name that the encoder itself has in every encoder chain, and how to change its target (any thread).
inline constexpr char kEncoderName[] = "encoder";
void set_bitrate(GstElement* encoder, uint32_t bitrate_bps);

bool can_encode(const std::string& codec);
bool can_decode(const std::string& codec);

}  // namespace kms::gst
