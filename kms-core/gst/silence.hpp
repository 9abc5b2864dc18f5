// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "kms-core/gst/ref.hpp"

namespace kms::gst {

// A frame of encoded sound in which nothing is to be heard.
struct Silence {
  Ref<GstBuffer> frame;
  GstClockTime duration;  // nanoseconds
};

// For a stream of these caps, to be repeated; without an encoder. Opus and AAC-LC of one or two channels,
// G.711; nothing for others.
std::optional<Silence> silence_of(const GstCaps* caps);

}  // namespace kms::gst
