// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "kms-core/base/status.hpp"

namespace kms::face_detection {

// A PNG, with its alpha channel if it has one, ready to be painted in any size. Read once, then constant.
class OverlayImage {
 public:
  struct Levels;  // the image at full, half, quarter ... size; known to the Painter only

  // Errors: IMAGE_NOT_FOUND, IMAGE_INVALID (no PNG, damaged, or larger than 4096 x 4096).
  static Result<std::unique_ptr<OverlayImage>> load(const std::string& path);

  explicit OverlayImage(std::unique_ptr<Levels> levels);
  ~OverlayImage();

  int width() const;
  int height() const;
  const Levels& levels() const { return *levels_; }

 private:
  std::unique_ptr<Levels> levels_;
};

}  // namespace kms::face_detection
