// SPDX-License-Identifier: Apache-2.0
#include "filters/face_detection/vision/painter.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <opencv2/imgproc.hpp>

#include "filters/face_detection/vision/overlay_levels.hpp"
#include "filters/face_detection/vision/yuv_colour.hpp"

namespace kms::face_detection {
namespace {

constexpr double kBoxThickness = 0.025;  // of the face's larger side
constexpr double kBlurMargin = 0.2;      // of the face's size, on each side
constexpr std::size_t kRgbaBytes = 4;
constexpr int kMostCells = 64;  // across the blurred region, and down

// Pixels from left up to but not including right; left and top are even, so that chroma samples are not
// shared.
struct Region {
  int left = 0;
  int top = 0;
  int right = 0;
  int bottom = 0;

  int width() const { return right - left; }
  int height() const { return bottom - top; }
  bool empty() const { return left >= right || top >= bottom; }
};

int even_floor(double value) { return 2 * static_cast<int>(std::floor(value / 2)); }
int even_ceil(double value) { return 2 * static_cast<int>(std::ceil(value / 2)); }

Region cut(const Frame& frame, const Region& region) {
  return {std::max(region.left, 0), std::max(region.top, 0), std::min(region.right, frame.width),
          std::min(region.bottom, frame.height)};
}

// The pixels that a box touches, within the frame. The box may lie far outside; it is bounded before it meets
// an int.
Region region_of(const Frame& frame, const Box& box) {
  const auto bound = [](double value) { return std::clamp(value, -8.0, 8.0); };
  return {even_floor(bound(box.x) * frame.width), even_floor(bound(box.y) * frame.height),
          even_ceil(bound(box.x + box.width) * frame.width),
          even_ceil(bound(box.y + box.height) * frame.height)};
}

cv::Mat plane_part(const Frame& frame, std::size_t index, const Region& region) {
  const auto& plane = frame.planes[index];
  const int shift = index == 0 ? 0 : 1;
  const int left = region.left >> shift;
  const int top = region.top >> shift;
  const int right = (region.right + shift) >> shift;
  const int bottom = (region.bottom + shift) >> shift;
  std::uint8_t* first = plane.data + static_cast<std::ptrdiff_t>(top) * plane.stride + left;
  return {bottom - top, right - left, CV_8UC1, first, static_cast<std::size_t>(plane.stride)};
}

void fill(const Frame& frame, const Region& wanted, const YuvColour& colour) {
  const Region region = cut(frame, wanted);
  if (region.empty()) {
    return;
  }
  const std::uint8_t values[] = {colour.y, colour.u, colour.v};
  for (std::size_t i = 0; i < 3; ++i) {
    plane_part(frame, i, region).setTo(values[i]);
  }
}

Box grown(const Box& box, double margin) {
  return {box.x - margin * box.width, box.y - margin * box.height, box.width * (1 + 2 * margin),
          box.height * (1 + 2 * margin)};
}

Box placed(const Box& face, const OverlayPlacement& placement) {
  return {face.x + placement.offset_x * face.width, face.y + placement.offset_y * face.height,
          face.width * placement.width, face.height * placement.height};
}

Box in_pixels(const Box& box, const Frame& frame) {
  return {box.x * frame.width, box.y * frame.height, box.width * frame.width, box.height * frame.height};
}

// The smallest level that is not smaller than its place in the frame.
const cv::Mat& level_for(const OverlayImage& image, double pixels_wide) {
  const auto& levels = image.levels().rgba;
  std::size_t level = 0;
  while (level + 1 < levels.size() && levels[level + 1].cols >= pixels_wide) {
    ++level;
  }
  return levels[level];
}

// Scales and moves the image so that `out`, the pixels of `region`, holds what `place`, a box of the frame in
// pixels, shows there; transparent elsewhere.
void warp(const OverlayImage& image, const Box& place, const Region& region, cv::Mat& out) {
  const cv::Mat& source = level_for(image, place.width);
  const double across = source.cols / place.width;
  const double down = source.rows / place.height;
  // From a pixel of `region` to one of the image; pixels are their centres, hence the halves.
  const cv::Matx23d back(across, 0, (region.left + 0.5 - place.x) * across - 0.5,  //
                         0, down, (region.top + 0.5 - place.y) * down - 0.5);
  cv::warpAffine(source, out, back, out.size(), cv::INTER_LINEAR | cv::WARP_INVERSE_MAP, cv::BORDER_CONSTANT);
}

std::uint8_t blend(int over, int alpha, std::uint8_t under) {
  return static_cast<std::uint8_t>(std::clamp(over + (under * (255 - alpha) + 127) / 255, 0, 255));
}

void blend_luma(const cv::Mat& rgba, const YuvMatrix& matrix, cv::Mat luma) {
  for (int row = 0; row < luma.rows; ++row) {
    const auto* over = rgba.ptr<cv::Vec4b>(row);
    auto* under = luma.ptr<std::uint8_t>(row);
    for (int column = 0; column < luma.cols; ++column) {
      const cv::Vec4b& pixel = over[column];
      under[column] = blend(matrix.luma(pixel[0], pixel[1], pixel[2], pixel[3]), pixel[3], under[column]);
    }
  }
}

// `rgba` has a chroma sample's size here: each pixel the mean of the four that share the sample.
void blend_chroma(const cv::Mat& rgba, const YuvMatrix& matrix, cv::Mat u, cv::Mat v) {
  for (int row = 0; row < u.rows; ++row) {
    const auto* over = rgba.ptr<cv::Vec4b>(row);
    auto* u_row = u.ptr<std::uint8_t>(row);
    auto* v_row = v.ptr<std::uint8_t>(row);
    for (int column = 0; column < u.cols; ++column) {
      const cv::Vec4b& pixel = over[column];
      u_row[column] = blend(matrix.u(pixel[0], pixel[1], pixel[2], pixel[3]), pixel[3], u_row[column]);
      v_row[column] = blend(matrix.v(pixel[0], pixel[1], pixel[2], pixel[3]), pixel[3], v_row[column]);
    }
  }
}

bool paintable(const Frame& frame, const Box& box) {
  const double values[] = {box.x, box.y, box.width, box.height};
  const bool finite =
      std::all_of(std::begin(values), std::end(values), [](double value) { return std::isfinite(value); });
  return finite && box.width > 0 && box.height > 0 && frame.width > 0 && frame.height > 0;
}

}  // namespace

void Painter::draw_box(const Frame& frame, const Box& face, const Colour& colour, int thickness) {
  if (!paintable(frame, face)) {
    return;
  }
  const Region outer = region_of(frame, face);
  const double wanted =
      thickness > 0 ? thickness + 1 : kBoxThickness * std::max(outer.width(), outer.height());
  const int pixels = std::max(2, even_floor(wanted));
  const YuvColour yuv = YuvMatrix(frame.matrix).colour(colour.red, colour.green, colour.blue);
  fill(frame, {outer.left, outer.top, outer.right, outer.top + pixels}, yuv);
  fill(frame, {outer.left, outer.bottom - pixels, outer.right, outer.bottom}, yuv);
  fill(frame, {outer.left, outer.top, outer.left + pixels, outer.bottom}, yuv);
  fill(frame, {outer.right - pixels, outer.top, outer.right, outer.bottom}, yuv);
}

void Painter::blur(const Frame& frame, const Box& face, double strength) {
  if (!paintable(frame, face)) {
    return;
  }
  const Region region = cut(frame, region_of(frame, grown(face, kBlurMargin)));
  if (region.empty()) {
    return;
  }
  const int across = std::clamp(static_cast<int>(std::lround(1 / strength)), 1, kMostCells);
  scratch_.resize(std::max(scratch_.size(), static_cast<std::size_t>(across * across)));
  cv::Mat cells(across, across, CV_8UC1, scratch_.data());
  for (std::size_t i = 0; i < 3; ++i) {
    cv::Mat part = plane_part(frame, i, region);
    cv::resize(part, cells, cells.size(), 0, 0, cv::INTER_AREA);
    cv::resize(cells, part, part.size(), 0, 0, cv::INTER_LINEAR);
  }
}

void Painter::draw_image(const Frame& frame, const Box& face, const OverlayImage& image,
                         const OverlayPlacement& placement) {
  const Box place = placed(face, placement);
  if (!paintable(frame, place)) {
    return;
  }
  const Region region = cut(frame, region_of(frame, place));
  if (region.empty()) {
    return;
  }
  const cv::Mat luma = plane_part(frame, 0, region);
  const cv::Mat u = plane_part(frame, 1, region);
  const std::size_t pixels = luma.total() + u.total();
  scratch_.resize(std::max(scratch_.size(), kRgbaBytes * pixels));
  cv::Mat rgba(luma.size(), CV_8UC4, scratch_.data());
  cv::Mat half(u.size(), CV_8UC4, scratch_.data() + kRgbaBytes * luma.total());
  warp(image, in_pixels(place, frame), region, rgba);
  cv::resize(rgba, half, half.size(), 0, 0, cv::INTER_AREA);
  const YuvMatrix matrix(frame.matrix);
  blend_luma(rgba, matrix, luma);
  blend_chroma(half, matrix, u, plane_part(frame, 2, region));
}

}  // namespace kms::face_detection
