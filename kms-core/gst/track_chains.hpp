// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gst/gst.h>

#include <string>

#include "kms-core/base/status.hpp"

namespace kms::gst {

// Chains that a player puts between a track and its outlet, in gst-launch syntax.

// The element in sound_chain() that sets the volume.
inline constexpr char kVolumeFactory[] = "volume";

// Decodes sound; keeps its pitch at other speeds. Errors: CODEC_UNSUPPORTED.
Result<std::string> sound_chain(const GstCaps* caps);

// Pictures a second, and for how long: nanoseconds, 0: for ever.
struct Still {
  unsigned rate;
  GstClockTime duration;
};
// Shows an image (PNG, JPEG) again and again; empty when the caps are of none that stands still.
std::string still_chain(const GstCaps* caps, const Still& still);

}  // namespace kms::gst
