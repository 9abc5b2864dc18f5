// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "filters/face_detection/vision/face_detector.hpp"

namespace kms::face_detection {

// OpenCV's cascade classifier on luma. Wants complete, checked options; the error's text says what is wrong
// with the file.
Result<std::unique_ptr<FaceDetector>> make_haar_detector(const DetectorOptions& options);

}  // namespace kms::face_detection
