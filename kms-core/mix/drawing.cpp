// SPDX-License-Identifier: Apache-2.0
#include "kms-core/mix/drawing.hpp"

#include <libyuv.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace kms::mix {
namespace {

std::array<uint8_t, 3> yuv_of(Color color) {
  const double red = (color >> 16) & 0xff;
  const double green = (color >> 8) & 0xff;
  const double blue = color & 0xff;
  const auto byte = [](double value) {
    return static_cast<uint8_t>(std::lround(std::clamp(value, 0.0, 255.0)));
  };
  return {byte(16 + 0.257 * red + 0.504 * green + 0.098 * blue),
          byte(128 - 0.148 * red - 0.291 * green + 0.439 * blue),
          byte(128 + 0.439 * red - 0.368 * green - 0.071 * blue)};
}

// The part of a picture at an even place.
template <typename View>
View part_of(View view, const Rect& area) {
  for (size_t i = 0; i < 3; ++i) {
    const int shift = i == 0 ? 0 : 1;
    view.planes[i] += (area.y >> shift) * view.strides[i] + (area.x >> shift);
  }
  view.size = {area.width, area.height};
  return view;
}

void scale(const PictureView& from, const Canvas& to) {
  libyuv::I420Scale(from.planes[0], from.strides[0], from.planes[1], from.strides[1], from.planes[2],
                    from.strides[2], from.size.width, from.size.height, to.planes[0], to.strides[0],
                    to.planes[1], to.strides[1], to.planes[2], to.strides[2], to.size.width, to.size.height,
                    libyuv::kFilterBox);
}

void rotate(const PictureView& from, const Canvas& to, int degrees) {
  libyuv::I420Rotate(from.planes[0], from.strides[0], from.planes[1], from.strides[1], from.planes[2],
                     from.strides[2], to.planes[0], to.strides[0], to.planes[1], to.strides[1], to.planes[2],
                     to.strides[2], from.size.width, from.size.height,
                     static_cast<libyuv::RotationMode>(degrees));
}

void mirror(const PictureView& from, const Canvas& to) {
  libyuv::I420Mirror(from.planes[0], from.strides[0], from.planes[1], from.strides[1], from.planes[2],
                     from.strides[2], to.planes[0], to.strides[0], to.planes[1], to.strides[1], to.planes[2],
                     to.strides[2], from.size.width, from.size.height);
}

void blend_rows(const uint8_t* from, uint8_t* to, int width, unsigned weight) {
  for (int x = 0; x < width; ++x)
    to[x] = static_cast<uint8_t>((from[x] * weight + to[x] * (256 - weight) + 128) >> 8);
}

void blend(const PictureView& from, const Canvas& to, double opacity) {
  const auto weight = static_cast<unsigned>(std::lround(opacity * 256));
  for (size_t i = 0; i < 3; ++i) {
    const int width = i == 0 ? from.size.width : (from.size.width + 1) / 2;
    const int height = i == 0 ? from.size.height : (from.size.height + 1) / 2;
    for (int y = 0; y < height; ++y)
      blend_rows(from.planes[i] + y * from.strides[i], to.planes[i] + y * to.strides[i], width, weight);
  }
}

Size swapped(const Size& size, bool swap) { return swap ? Size{size.height, size.width} : size; }

Picture& sized(Picture& picture, const Size& size) {
  if (picture.size() != size) picture = Picture(size);
  return picture;
}

int even(double pixels) { return static_cast<int>(pixels) & ~1; }

uint8_t mixed(uint8_t below, uint8_t above, unsigned cover) {
  return static_cast<uint8_t>((below * (255 - cover) + above * cover + 127) / 255);
}

}  // namespace

double Source::aspect() const {
  const double lying = pixel_aspect * view.size.width / view.size.height;
  return turn.swaps_sides() ? 1 / lying : lying;
}

void Drawing::fill(const Canvas& canvas, const Rect& area, Color color) {
  const auto bytes = yuv_of(color);
  const auto part = part_of(canvas, area);
  libyuv::I420Rect(part.planes[0], part.strides[0], part.planes[1], part.strides[1], part.planes[2],
                   part.strides[2], 0, 0, area.width, area.height, bytes[0], bytes[1], bytes[2]);
}

void Drawing::frame(const Canvas& canvas, const Rect& area, int pixels, Color color) {
  const int wide = std::min({(pixels + 1) & ~1, even(area.width / 2.0), even(area.height / 2.0)});
  if (wide <= 0) return;
  fill(canvas, {area.x, area.y, area.width, wide}, color);
  fill(canvas, {area.x, area.y + area.height - wide, area.width, wide}, color);
  fill(canvas, {area.x, area.y, wide, area.height}, color);
  fill(canvas, {area.x + area.width - wide, area.y, wide, area.height}, color);
}

Rect Drawing::fitted(const Rect& area, double aspect) {
  // Pixels may be 65535 times as wide as they are high: more than an int holds.
  const int width = even(std::clamp(area.height * aspect + 1, 2.0, 1.0 * area.width));
  const int height = even(std::clamp(area.width / aspect + 1, 2.0, 1.0 * area.height));
  return {area.x + even((area.width - width) / 2.0), area.y + even((area.height - height) / 2.0), width,
          height};
}

Source Drawing::cropped(const Source& source, double aspect) {
  const auto& size = source.view.size;
  const double lying = source.turn.swaps_sides() ? 1 / aspect : aspect;
  const double ratio = lying / (source.pixel_aspect * size.width / size.height);  // below 1: too wide
  const int width =
      std::clamp(even(ratio < 1 ? size.width * ratio : size.width), std::min(2, size.width), size.width);
  const int height =
      std::clamp(even(ratio > 1 ? size.height / ratio : size.height), std::min(2, size.height), size.height);
  auto out = source;
  out.view = part_of(source.view,
                     {even((size.width - width) / 2.0), even((size.height - height) / 2.0), width, height});
  return out;
}

// What is turned is scaled first: there is less of it then.
PictureView Drawing::turned(const Source& source, const Size& size) {
  scale(source.view, sized(scaled_, swapped(size, source.turn.swaps_sides())).canvas());
  if (source.turn.mirrored) {
    mirror(scaled_.view(), sized(turned_, scaled_.size()).canvas());
    std::swap(scaled_, turned_);
  }
  if (source.turn.degrees == 0) return scaled_.view();
  rotate(scaled_.view(), sized(turned_, size).canvas(), source.turn.degrees);
  return turned_.view();
}

void Drawing::put(const Canvas& canvas, const Rect& area, const Source& source, double opacity) {
  if (area.empty() || opacity <= 0) return;
  const auto to = part_of(canvas, area);
  if (source.turn.none() && opacity >= 1) return scale(source.view, to);
  blend(turned(source, {area.width, area.height}), to, std::min(opacity, 1.0));
}

void Drawing::write(const Canvas& canvas, const Rect& area, const Mask& mask, Color color) {
  const auto bytes = yuv_of(color);
  const auto to = part_of(canvas, area);
  const int width = std::min(area.width, mask.size.width);
  const int height = std::min(area.height, mask.size.height);
  for (int y = 0; y < height; ++y) {
    const uint8_t* cover = mask.cover.data() + static_cast<ptrdiff_t>(y) * mask.size.width;
    auto* luma = to.planes[0] + y * to.strides[0];
    for (int x = 0; x < width; ++x) luma[x] = mixed(luma[x], bytes[0], cover[x]);
    if (y % 2 != 0) continue;
    for (size_t i = 1; i < 3; ++i) {
      auto* chroma = to.planes[i] + y / 2 * to.strides[i];
      for (int x = 0; x < width; x += 2) chroma[x / 2] = mixed(chroma[x / 2], bytes[i], cover[x]);
    }
  }
}

}  // namespace kms::mix
