// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace kms::face_detection {

// For tests: an ONNX network with the inputs and outputs of YuNet (March 2022) and no training. It sees a
// "face" of 64 x 64 pixels around every point of a 32-pixel grid where the picture is blue.
std::string tiny_yunet();

// The same, but it fails on every picture that has not the size of the one a model is tried with, 64 x 64.
std::string tiny_yunet_of_one_size();

}  // namespace kms::face_detection
