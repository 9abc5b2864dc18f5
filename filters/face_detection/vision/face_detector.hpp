// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "filters/face_detection/vision/box.hpp"
#include "filters/face_detection/vision/frame.hpp"
#include "filters/face_detection/vision/picture.hpp"
#include "kms-core/base/status.hpp"

namespace kms::face_detection {

// The cascade that is taken when no model is named; Debian's package opencv-data brings it.
inline constexpr const char* kDefaultModel =
    "/usr/share/opencv4/haarcascades/haarcascade_frontalface_alt2.xml";

struct DetectorOptions {
  std::string model_path{};   // *.xml: Haar or LBP cascade; *.onnx: YuNet; empty: kDefaultModel
  double scale = 1.0 / 3;     // detection runs on the frame shrunk by this; 0.05 to 1
  double min_size = 0.12;     // smallest face's width as a fraction of the frame's height; 0.02 to 1
  int min_neighbours = 4;     // cascades: windows that must agree on a face; 1 to 50
  double min_confidence = 0;  // faces below are not told; 0 to 1. YuNet never tells those below 0.6
};

// Finds faces in one picture, without memory of earlier ones. One thread at a time, except for shrink().
class FaceDetector {
 public:
  // Reads the model. Errors: INVALID_OPTIONS, MODEL_NOT_FOUND, MODEL_INVALID. Takes some ten
  // milliseconds.
  static Result<std::unique_ptr<FaceDetector>> create(const DetectorOptions& options);

  // The errors of create() that show without reading the whole model; takes microseconds.
  static Status check(const DetectorOptions& options);

  virtual ~FaceDetector() = default;

  // Makes the small picture that detect() wants. Thread-safe.
  virtual void shrink(const ConstFrame& frame, Picture& picture) const = 0;

  // Faces in a picture from shrink(), in fractions of the frame. Error: DETECTION_FAILED.
  virtual Result<std::vector<Face>> detect(const Picture& picture) = 0;
};

}  // namespace kms::face_detection
