// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "kms-core/gst/ref.hpp"

namespace kms::gst {

// What a taker must know before the first buffer.
struct StreamInfo {
  Ref<GstCaps> caps;
  bool unpaced = false;  // comes as fast as it is taken: takers hold it up and drop nothing
  // Encoded pictures that are to be turned to stand upright: GStreamer's "image-orientation" tag, which says
  // how ("rotate-90": clockwise); empty: they do.
  std::string orientation = {};
};

// Sound that was lost; media time.
struct Gap {
  GstClockTime time;
  GstClockTime duration;
};

bool is_raw(const GstCaps* caps);
bool is_video(const GstCaps* caps);
// Frames may come in decoding order: where there are no decoding times, presentation times rightly go back.
bool may_reorder(const GstCaps* caps);
// Its profile allows that frames come in decoding order; what has no B-frames by its profile does not.
bool profile_reorders(const GstCaps* caps);
// The stream's first buffers are the codec's headers, which are no media.
bool starts_with_headers(const GstCaps* caps);

// Nanoseconds of the one media clock of the process (monotonic); time stamps on links are in it.
GstClockTime media_now();

}  // namespace kms::gst
