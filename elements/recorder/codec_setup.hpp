// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "kms-core/gst/track_format.hpp"

namespace kms::recorder {

// What a container says of a codec, in the form that it wants.
struct CodecSetup {
  std::string bytes;
  std::chrono::nanoseconds delay{0};  // sound that a decoder gives before the first that is meant
};

CodecSetup matroska_setup(const gst::TrackFormat& format);  // CodecPrivate
std::string mp4_setup(const gst::TrackFormat& format);      // the box behind the sample entry's fields

// How far pictures are to be turned clockwise: 0, 90, 180 or 270.
unsigned degrees_of(const std::string& orientation);

}  // namespace kms::recorder
