// SPDX-License-Identifier: Apache-2.0
#include "filters/face_detection/vision/box.hpp"

#include <algorithm>

namespace kms::face_detection {
namespace {

double shared_length(double a, double a_length, double b, double b_length) {
  return std::max(0.0, std::min(a + a_length, b + b_length) - std::max(a, b));
}

}  // namespace

double overlap(const Box& a, const Box& b) {
  const double shared =
      shared_length(a.x, a.width, b.x, b.width) * shared_length(a.y, a.height, b.y, b.height);
  const double joint = a.width * a.height + b.width * b.height - shared;
  return joint > 0 ? shared / joint : 0;
}

Box inside_frame(const Box& box) {
  return {std::clamp(box.x, 0.0, 1.0), std::clamp(box.y, 0.0, 1.0), shared_length(box.x, box.width, 0, 1),
          shared_length(box.y, box.height, 0, 1)};
}

}  // namespace kms::face_detection
