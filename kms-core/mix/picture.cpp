// SPDX-License-Identifier: Apache-2.0
#include "kms-core/mix/picture.hpp"

#include <algorithm>

namespace kms::mix {
namespace {

constexpr uint8_t kBlack = 16;
constexpr uint8_t kGrey = 128;

int half(int length) { return (length + 1) / 2; }
size_t bytes(int width, int height) { return static_cast<size_t>(width) * static_cast<size_t>(height); }

template <typename View, typename Byte>
View planes_in(Byte* memory, const Size& size) {
  const auto luma = bytes(size.width, size.height);
  const auto chroma = bytes(half(size.width), half(size.height));
  return {{memory, memory + luma, memory + luma + chroma},
          {size.width, half(size.width), half(size.width)},
          size};
}

}  // namespace

Picture::Picture(const Size& size)
    : size_(size),
      bytes_(bytes(size.width, size.height) + 2 * bytes(half(size.width), half(size.height)), kGrey) {
  std::fill_n(bytes_.begin(), bytes(size.width, size.height), kBlack);
}

Canvas Picture::canvas() { return planes_in<Canvas>(bytes_.data(), size_); }
PictureView Picture::view() const { return planes_in<PictureView>(bytes_.data(), size_); }

}  // namespace kms::mix
