// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "filters/face_detection/vision/painter.hpp"
#include "kms-core/base/config.hpp"
#include "kms/face_detection/v1/face_detection.pb.h"

namespace kms::face_detection {

// What is drawn over each face: one of four styles. Constant once made; shared by the control loop, which
// replaces it, and the streaming thread, which paints with it.
class Drawing {
 public:
  // Checks the options and loads the image they name. Errors: INVALID_OPTIONS, URI_NOT_ALLOWED,
  // IMAGE_NOT_FOUND, IMAGE_INVALID.
  static Result<std::shared_ptr<const Drawing>> create(const v1::Drawing& options, const Config& config);

  virtual ~Drawing() = default;
  virtual void paint(Painter& painter, const Frame& frame, const Box& face) const = 0;
};

}  // namespace kms::face_detection
