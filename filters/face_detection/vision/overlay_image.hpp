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

  // Looks at the file's first bytes alone. Errors: IMAGE_NOT_FOUND, IMAGE_INVALID (no PNG, or larger than
  // 4096 x 4096).
  static Status check(const std::string& path);
  // Takes up to a second for a large image. Errors: those of check(), and IMAGE_INVALID when it is damaged.
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
