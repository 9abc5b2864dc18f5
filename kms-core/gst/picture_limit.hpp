// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "kms-core/gst/inlet.hpp"

namespace kms::gst {

// Pictures of so many pixels are the largest that are decoded (8K has 33 million): a file of a few bytes may
// say that its pictures are larger, and a decoder would take gigabytes for them.
inline constexpr uint64_t kMostPixels = 36'000'000;

// Whether caps, or a key frame that says so itself (VP8, VP9), are of larger pictures.
bool too_large(const GstCaps* caps);
bool too_large(const GstCaps* caps, GstBuffer* frame);

// The domain of the error that a decoder's bin posts then: PICTURE_TOO_LARGE.
GQuark picture_limit_quark();

// Keeps larger pictures from the elements of `bin`, which stand behind `inlet`. Before the first buffer.
void limit_pictures(const Ref<GstElement>& bin, Inlet& inlet);

}  // namespace kms::gst
