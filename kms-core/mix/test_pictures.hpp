// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <memory>
#include <string>

#include "kms-core/gst/stream_info.hpp"
#include "kms-core/mix/drawing.hpp"
#include "kms-core/mix/latest_picture.hpp"

namespace kms::mix::test {

// The colours that tests tell apart.
enum class Seen { kBlack, kWhite, kRed, kGreen, kBlue, kOther };

inline Color color_of(Seen seen) {
  constexpr Color kColors[] = {0x000000, 0xffffff, 0xff0000, 0x00ff00, 0x0000ff, 0x808080};
  return kColors[static_cast<size_t>(seen)];
}

// What is to be seen at a place.
inline Seen seen_at(const PictureView& picture, int x, int y) {
  const double luma = 1.164 * (picture.planes[0][y * picture.strides[0] + x] - 16);
  const double blue = picture.planes[1][y / 2 * picture.strides[1] + x / 2] - 128;
  const double red = picture.planes[2][y / 2 * picture.strides[2] + x / 2] - 128;
  const double rgb[] = {luma + 1.596 * red, luma - 0.392 * blue - 0.813 * red, luma + 2.017 * blue};
  for (const auto seen : {Seen::kBlack, Seen::kWhite, Seen::kRed, Seen::kGreen, Seen::kBlue}) {
    const auto color = color_of(seen);
    bool near = true;
    for (int i = 0; i < 3; ++i) near = near && std::abs(rgb[i] - ((color >> (16 - 8 * i)) & 0xff)) < 50;
    if (near) return seen;
  }
  return Seen::kOther;
}

// A picture of one colour, or with another one in its left half.
inline LatestPicture::Shot shot(const Size& size, Seen color, Seen left, GstClockTime came = 0) {
  auto info = std::make_shared<GstVideoInfo>();
  gst_video_info_set_format(info.get(), GST_VIDEO_FORMAT_I420, static_cast<guint>(size.width),
                            static_cast<guint>(size.height));
  auto buffer = gst::Ref<GstBuffer>::adopt(gst_buffer_new_allocate(nullptr, info->size, nullptr));
  GstVideoFrame frame;
  gst_video_frame_map(&frame, info.get(), buffer.get(), GST_MAP_WRITE);
  Canvas canvas;
  for (guint i = 0; i < 3; ++i) {
    canvas.planes[i] = static_cast<uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, i));
    canvas.strides[i] = GST_VIDEO_FRAME_PLANE_STRIDE(&frame, i);
  }
  canvas.size = size;
  Drawing::fill(canvas, {0, 0, size.width, size.height}, color_of(color));
  Drawing::fill(canvas, {0, 0, size.width / 2 & ~1, size.height}, color_of(left));
  gst_video_frame_unmap(&frame);
  return {std::move(buffer), std::move(info), {}, came};
}

inline std::shared_ptr<LatestPicture> picture(const Size& size, Seen color, GstClockTime came = 0) {
  auto out = std::make_shared<LatestPicture>();
  out->put(shot(size, color, color, came));
  return out;
}

}  // namespace kms::mix::test
