// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "filters/face_detection/vision/overlay_image.hpp"

namespace kms::face_detection {

// For the .cpp files of OverlayImage and Painter only: it brings OpenCV's headers along.
// Each level is half the one before. RGBA, 8 bits, colours multiplied by alpha so that averages have no dark
// fringe.
struct OverlayImage::Levels {
  std::vector<cv::Mat> rgba;
};

}  // namespace kms::face_detection
