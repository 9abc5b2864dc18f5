// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gst/video/video.h>

#include "kms-core/mix/picture.hpp"

namespace kms::mix {

// The planes of an I420 buffer, for as long as this lives.
class MappedFrame {
 public:
  MappedFrame(const GstVideoInfo& info, GstBuffer* buffer, GstMapFlags how)
      : mapped_(gst_video_frame_map(&frame_, &info, buffer, how) != FALSE) {}
  ~MappedFrame() {
    if (mapped_) gst_video_frame_unmap(&frame_);
  }
  MappedFrame(const MappedFrame&) = delete;
  MappedFrame& operator=(const MappedFrame&) = delete;

  explicit operator bool() const { return mapped_; }
  PictureView view() const { return planes<PictureView>(); }
  Canvas canvas() const { return planes<Canvas>(); }  // it was mapped to be written

 private:
  template <typename Planes>
  Planes planes() const {
    Planes out;
    for (guint i = 0; i < 3; ++i) {
      out.planes[i] = static_cast<uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame_, i));
      out.strides[i] = GST_VIDEO_FRAME_PLANE_STRIDE(&frame_, i);
    }
    out.size = {GST_VIDEO_FRAME_WIDTH(&frame_), GST_VIDEO_FRAME_HEIGHT(&frame_)};
    return out;
  }

  GstVideoFrame frame_;
  const bool mapped_;
};

}  // namespace kms::mix
