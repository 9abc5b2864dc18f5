// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace kms::mix {

struct Size {
  int width = 0;  // pixels
  int height = 0;
  bool operator==(const Size&) const = default;
};

struct Rect {
  int x = 0;  // pixels, of the left upper corner
  int y = 0;
  int width = 0;
  int height = 0;
  bool empty() const { return width <= 0 || height <= 0; }
  bool operator==(const Rect&) const = default;
};

// Where the planes Y, U and V of an I420 picture lie; U and V have half the width and height, rounded up.
// Owns nothing.
template <typename Byte>
struct PlanesOf {
  std::array<Byte*, 3> planes{};
  std::array<int, 3> strides{};  // bytes
  Size size;
};
using PictureView = PlanesOf<const uint8_t>;
using Canvas = PlanesOf<uint8_t>;

// A picture in memory of its own, black at first.
class Picture {
 public:
  Picture() = default;
  explicit Picture(const Size& size);
  Picture(Picture&&) noexcept = default;
  Picture& operator=(Picture&&) noexcept = default;
  Picture(const Picture&) = delete;
  Picture& operator=(const Picture&) = delete;

  const Size& size() const { return size_; }
  Canvas canvas();
  PictureView view() const;

 private:
  Size size_;
  std::vector<uint8_t> bytes_;
};

// How a picture has to be turned to stand upright: mirrored (left and right) first, then clockwise.
struct Turn {
  bool mirrored = false;
  int degrees = 0;  // 0, 90, 180, 270
  bool swaps_sides() const { return degrees == 90 || degrees == 270; }
  bool none() const { return !mirrored && degrees == 0; }
  bool operator==(const Turn&) const = default;
};

}  // namespace kms::mix
