// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "kms-core/mix/drawing.hpp"
#include "kms-core/mix/latest_picture.hpp"
#include "kms-core/mix/layout.hpp"

namespace kms::mix {

// An input's name, as it is written into pictures of one size.
struct NamePlate {
  Mask label;  // into a corner of its cell
  Mask large;  // in the place of its picture
};

// All that a mixed picture is made of. Never changed: a change is another scene.
struct Scene {
  struct Input {
    std::string name;
    std::shared_ptr<const LatestPicture> picture;  // null: it has no pictures
    std::shared_ptr<const NamePlate> plate;        // null: not written
  };
  std::vector<Input> inputs = {};  // in the order of their places
  Layout layout = {};
  std::string speaker = {};
  Color background = 0x101418;
  std::shared_ptr<const Picture> image = {};  // in place of the colour; as large as the mixed picture
  // How long an input that sends no pictures any more shows its last one.
  std::chrono::nanoseconds patience = std::chrono::seconds(5);
};

}  // namespace kms::mix
