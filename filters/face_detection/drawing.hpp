// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
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
  // Gives the drawing. Unpacks an image, which takes its time: for a worker or a streaming thread. Errors:
  // IMAGE_NOT_FOUND, IMAGE_INVALID.
  using Load = std::function<Result<std::shared_ptr<const Drawing>>()>;

  // Checks the options and the first bytes of the image they name. Errors: INVALID_OPTIONS, URI_NOT_ALLOWED,
  // IMAGE_NOT_FOUND, IMAGE_INVALID.
  static Result<Load> prepare(const v1::Drawing& options, const Config& config);

  virtual ~Drawing() = default;
  virtual void paint(Painter& painter, const Frame& frame, const Box& face) const = 0;
};

}  // namespace kms::face_detection
