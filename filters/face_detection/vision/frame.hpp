// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <type_traits>

namespace kms::face_detection {

// How red, green and blue became luma and chroma; limited range (16 to 235) in both.
enum class ColourMatrix { kBt601, kBt709 };

template <typename Byte>
struct BasicPlane {
  Byte* data = nullptr;
  int stride = 0;  // bytes from one row to the next
};

// An 8-bit I420 picture that lies elsewhere: planes Y, U, V, the latter two of half size, rounded up.
template <typename Byte>
struct BasicFrame {
  int width = 0;
  int height = 0;
  std::array<BasicPlane<Byte>, 3> planes;
  ColourMatrix matrix = ColourMatrix::kBt601;

  int chroma_width() const { return (width + 1) / 2; }
  int chroma_height() const { return (height + 1) / 2; }
};

using Frame = BasicFrame<std::uint8_t>;             // to paint on
using ConstFrame = BasicFrame<const std::uint8_t>;  // to look at

inline ConstFrame as_const(const Frame& frame) {
  ConstFrame view{frame.width, frame.height, {}, frame.matrix};
  for (std::size_t i = 0; i < frame.planes.size(); ++i) {
    view.planes[i] = {frame.planes[i].data, frame.planes[i].stride};
  }
  return view;
}

}  // namespace kms::face_detection
