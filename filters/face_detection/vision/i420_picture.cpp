// SPDX-License-Identifier: Apache-2.0
#include "filters/face_detection/vision/i420_picture.hpp"

#include <algorithm>

namespace kms::face_detection {

I420Picture::I420Picture(int width, int height, int spare_bytes_per_row)
    : width_(width), height_(height), spare_(spare_bytes_per_row) {
  for (std::size_t i = 0; i < 3; ++i) {
    planes_[i].assign(stride(i) * static_cast<std::size_t>(plane_height(i)), kGuard);
  }
  fill(128, 128, 128);
}

Frame I420Picture::frame() {
  Frame frame{width_, height_, {}, ColourMatrix::kBt601};
  for (std::size_t i = 0; i < 3; ++i) {
    frame.planes[i] = {planes_[i].data(), static_cast<int>(stride(i))};
  }
  return frame;
}

ConstFrame I420Picture::view() const {
  ConstFrame frame{width_, height_, {}, ColourMatrix::kBt601};
  for (std::size_t i = 0; i < 3; ++i) {
    frame.planes[i] = {planes_[i].data(), static_cast<int>(stride(i))};
  }
  return frame;
}

std::uint8_t I420Picture::at(std::size_t plane, int column, int row) const {
  return planes_[plane].at(static_cast<std::size_t>(row) * stride(plane) + static_cast<std::size_t>(column));
}

void I420Picture::fill(std::uint8_t y, std::uint8_t u, std::uint8_t v) {
  const std::uint8_t values[] = {y, u, v};
  for (std::size_t i = 0; i < 3; ++i) {
    for (int row = 0; row < plane_height(i); ++row) {
      std::fill_n(planes_[i].data() + static_cast<std::size_t>(row) * stride(i), plane_width(i), values[i]);
    }
  }
}

void I420Picture::assign(const std::vector<std::uint8_t>& packed) {
  const std::uint8_t* from = packed.data();
  for (std::size_t i = 0; i < 3; ++i) {
    for (int row = 0; row < plane_height(i); ++row) {
      std::copy_n(from, plane_width(i), planes_[i].data() + static_cast<std::size_t>(row) * stride(i));
      from += plane_width(i);
    }
  }
}

std::size_t I420Picture::packed_size() const {
  std::size_t size = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    size += static_cast<std::size_t>(plane_width(i)) * static_cast<std::size_t>(plane_height(i));
  }
  return size;
}

bool I420Picture::guards_intact() const {
  for (std::size_t i = 0; i < 3; ++i) {
    for (int row = 0; row < plane_height(i); ++row) {
      const auto* end_of_row = planes_[i].data() + static_cast<std::size_t>(row) * stride(i) + plane_width(i);
      if (!std::all_of(end_of_row, end_of_row + spare_, [](std::uint8_t byte) { return byte == kGuard; })) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace kms::face_detection
