// SPDX-License-Identifier: Apache-2.0
#include "filters/face_detection/vision/shrink_plane.hpp"

#include <algorithm>
#include <opencv2/imgproc.hpp>

namespace kms::face_detection {
namespace {

cv::Mat plane_of(const ConstFrame& frame, std::size_t index) {
  const auto& plane = frame.planes[index];
  const int width = index == 0 ? frame.width : frame.chroma_width();
  const int height = index == 0 ? frame.height : frame.chroma_height();
  // OpenCV has no read-only matrix over foreign memory; this one is only read.
  return {height, width, CV_8UC1, const_cast<std::uint8_t*>(plane.data),
          static_cast<std::size_t>(plane.stride)};
}

}  // namespace

void shrink_plane(const ConstFrame& frame, std::size_t index, cv::Mat& small,
                  std::vector<std::uint8_t>& scratch) {
  cv::Mat current = plane_of(frame, index);
  // All halves together are smaller than half of the plane.
  scratch.resize(std::max(scratch.size(), current.total() / 2 + 1));
  std::uint8_t* next = scratch.data();
  while (current.cols >= 2 * small.cols && current.rows >= 2 * small.rows) {
    const cv::Mat half(current.rows / 2, current.cols / 2, CV_8UC1, next);
    next += half.total();
    cv::resize(current, half, half.size(), 0, 0, cv::INTER_AREA);
    current = half;
  }
  cv::resize(current, small, small.size(), 0, 0, cv::INTER_LINEAR);
}

}  // namespace kms::face_detection
