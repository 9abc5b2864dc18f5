// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "filters/face_detection/vision/frame.hpp"

namespace kms::face_detection {

struct YuvColour {
  std::uint8_t y = 0;
  std::uint8_t u = 0;
  std::uint8_t v = 0;
};

// Red, green, blue (0 to 255) to limited-range YUV, ITU-R BT.601 section 2.5 and BT.709 section 3.
// The colours may be multiplied by alpha / 255; then so is the result.
class YuvMatrix {
 public:
  explicit YuvMatrix(ColourMatrix matrix) : weights_(matrix == ColourMatrix::kBt709 ? kBt709 : kBt601) {}

  int luma(int red, int green, int blue, int alpha = 255) const {
    return round(weights_.y, red, green, blue) + scaled(16, alpha);
  }
  int u(int red, int green, int blue, int alpha = 255) const {
    return round(weights_.u, red, green, blue) + scaled(128, alpha);
  }
  int v(int red, int green, int blue, int alpha = 255) const {
    return round(weights_.v, red, green, blue) + scaled(128, alpha);
  }

  YuvColour colour(int red, int green, int blue) const {
    return {static_cast<std::uint8_t>(luma(red, green, blue)), static_cast<std::uint8_t>(u(red, green, blue)),
            static_cast<std::uint8_t>(v(red, green, blue))};
  }

 private:
  struct Row {
    int red, green, blue;  // in 1/65536
  };
  struct Weights {
    Row y, u, v;
  };

  // y: Kr, Kg, Kb times 219/255; u and v: (blue or red minus luma) times 224/255 over its largest value.
  static constexpr Weights kBt601{{16829, 33039, 6416}, {-9714, -19070, 28784}, {28784, -24103, -4681}};
  static constexpr Weights kBt709{{11966, 40254, 4064}, {-6596, -22189, 28785}, {28784, -26145, -2639}};

  static int round(const Row& row, int red, int green, int blue) {
    return (row.red * red + row.green * green + row.blue * blue + 32768) >> 16;
  }
  static int scaled(int offset, int alpha) { return (offset * alpha + 127) / 255; }

  const Weights& weights_;
};

}  // namespace kms::face_detection
