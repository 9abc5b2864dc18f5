// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace kms::face_detection {

// A small copy of a frame in the form its detector wants: luma (one channel) or BGR (three), rows without
// gaps. Reused from frame to frame, so that its memory is taken once.
struct Picture {
  int width = 0;
  int height = 0;
  int channels = 1;
  std::vector<std::uint8_t> pixels;
  std::vector<std::uint8_t> scratch;  // steps on the way; nobody's after shrink()

  void reshape(int new_width, int new_height, int new_channels) {
    width = new_width;
    height = new_height;
    channels = new_channels;
    pixels.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) *
                  static_cast<std::size_t>(channels));
  }
};

}  // namespace kms::face_detection
