// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>

#include "kms-core/gst/ref.hpp"

namespace kms::gst {

// A picture in I420 that may be read and changed: planes Y, U, V; U and V have half the width and height,
// rounded up.
struct VideoFrame {
  std::array<uint8_t*, 3> planes;
  std::array<int, 3> strides;  // bytes
  int width = 0;               // pixels
  int height = 0;
  GstClockTime pts = 0;  // media time, nanoseconds
  bool unpaced = false;
  bool bt709 = false;  // colour matrix; otherwise BT.601
};

// The GStreamer element "kmsframefilter" (video/x-raw, I420) calls `function` for each frame, on its
// streaming thread. Set before media flows.
using FrameFunction = std::function<void(VideoFrame&)>;
void set_frame_function(GstElement* frame_filter, FrameFunction function);

// Registers the element; init() does it.
void register_frame_filter();

}  // namespace kms::gst
