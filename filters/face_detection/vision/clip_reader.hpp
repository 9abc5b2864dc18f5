// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "filters/face_detection/vision/i420_picture.hpp"

namespace kms::face_detection {

// For tests: decodes a clip's pictures with ffmpeg, in a process of its own, one after the other.
class ClipReader {
 public:
  explicit ClipReader(const std::string& path);

  // The next picture (1280 x 720), or false at the end.
  bool read(I420Picture& picture);

 private:
  struct Close {
    void operator()(std::FILE* pipe) const;
  };
  std::unique_ptr<std::FILE, Close> pipe_;
  std::vector<std::uint8_t> packed_;
};

}  // namespace kms::face_detection
