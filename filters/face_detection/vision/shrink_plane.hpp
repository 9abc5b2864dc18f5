// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <vector>

#include "filters/face_detection/vision/frame.hpp"

namespace kms::face_detection {

// Fills `small` with a plane of the frame (0 is luma) in small's size: halved while that is larger than
// wanted, the rest interpolated. A small part of the cost of one step by area, and as good for finding faces.
// For .cpp files only: it brings OpenCV's headers along.
void shrink_plane(const ConstFrame& frame, std::size_t index, cv::Mat& small,
                  std::vector<std::uint8_t>& scratch);

}  // namespace kms::face_detection
