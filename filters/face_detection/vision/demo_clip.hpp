// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "filters/face_detection/vision/box.hpp"

namespace kms::face_detection {

// For tests: a clip of tools/make-demo-clip and where its face is.
struct DemoClip {
  std::string path;
  std::vector<Box> truth;  // one box a frame; empty when the clip has no face

  // Makes the clip if it is not there yet. `path` is empty when that failed.
  static DemoClip with_face();
  static DemoClip without_face();
};

}  // namespace kms::face_detection
