// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "filters/face_detection/vision/frame.hpp"

namespace kms::face_detection {

// For tests: an I420 picture with its own memory. Rows have room to spare, filled with a guard value.
class I420Picture {
 public:
  static constexpr std::uint8_t kGuard = 0xA5;

  I420Picture(int width, int height, int spare_bytes_per_row = 0);

  Frame frame();
  ConstFrame view() const;
  std::uint8_t at(std::size_t plane, int column, int row) const;
  void fill(std::uint8_t y, std::uint8_t u, std::uint8_t v);

  // Takes tightly packed I420 bytes.
  void assign(const std::vector<std::uint8_t>& packed);
  std::size_t packed_size() const;

  bool guards_intact() const;
  bool operator==(const I420Picture& other) const = default;

 private:
  int plane_width(std::size_t plane) const { return plane == 0 ? width_ : (width_ + 1) / 2; }
  int plane_height(std::size_t plane) const { return plane == 0 ? height_ : (height_ + 1) / 2; }
  std::size_t stride(std::size_t plane) const {
    return static_cast<std::size_t>(plane_width(plane) + spare_);
  }

  int width_;
  int height_;
  int spare_;
  std::vector<std::uint8_t> planes_[3];
};

}  // namespace kms::face_detection
