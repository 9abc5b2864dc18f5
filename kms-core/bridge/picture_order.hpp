// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gst/gst.h>

namespace kms::bridge {

// Whether encoded pictures of these caps may come in another order than they are shown, which no receiver of
// RTP takes (B-frames). H.264 with a configuration record (MP4, FLV, Matroska): what its sequence parameter
// set says. Otherwise (MPEG-TS, H.265): what the profile allows.
bool reorders(const GstCaps* caps);

}  // namespace kms::bridge
