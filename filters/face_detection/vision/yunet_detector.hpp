// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "filters/face_detection/vision/face_detector.hpp"

namespace kms::face_detection {

// The YuNet network on colour. Wants complete, checked options; the error's text says what is wrong with the
// file. OpenCV 4.6 runs the model's release of March 2022; a later one is refused here, not at the first
// frame.
Result<std::unique_ptr<FaceDetector>> make_yunet_detector(const DetectorOptions& options);

}  // namespace kms::face_detection
