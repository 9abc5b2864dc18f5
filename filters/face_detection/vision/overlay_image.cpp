// SPDX-License-Identifier: Apache-2.0
#include "filters/face_detection/vision/overlay_image.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "filters/face_detection/vision/opencv_guard.hpp"
#include "filters/face_detection/vision/overlay_levels.hpp"

namespace kms::face_detection {
namespace {

constexpr std::uint32_t kMaxSide = 4096;
constexpr std::size_t kHeaderBytes = 24;  // PNG signature, then IHDR's length, name, width and height

Status invalid_image(const std::string& path, std::string_view why) {
  return error(
      StatusCode::kInvalidArgument, "IMAGE_INVALID",
      fmt::format("'{}' {}; allowed are PNG images of up to {} x {} pixels", path, why, kMaxSide, kMaxSide));
}

std::uint32_t big_endian(const unsigned char* bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 |
         bytes[3];
}

// So that a small file that unpacks to gigabytes is never unpacked.
Status check_header(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file.is_open()) {
    return error(StatusCode::kNotFound, "IMAGE_NOT_FOUND", fmt::format("no image can be read at '{}'", path));
  }
  std::array<unsigned char, kHeaderBytes> header{};
  file.read(reinterpret_cast<char*>(header.data()), header.size());
  if (file.gcount() != static_cast<std::streamsize>(header.size()) ||
      std::memcmp(header.data(), "\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16) != 0) {
    return invalid_image(path, "is no PNG image");
  }
  const std::uint32_t width = big_endian(&header[16]);
  const std::uint32_t height = big_endian(&header[20]);
  if (width == 0 || height == 0 || width > kMaxSide || height > kMaxSide) {
    return invalid_image(path, fmt::format("has {} x {} pixels", width, height));
  }
  return ok();
}

cv::Mat as_rgba(const cv::Mat& image) {
  cv::Mat bytes = image;
  if (image.depth() == CV_16U) {
    image.convertTo(bytes, CV_8U, 1.0 / 257);
  }
  const int conversion = bytes.channels() == 1   ? cv::COLOR_GRAY2RGBA
                         : bytes.channels() == 3 ? cv::COLOR_BGR2RGBA
                                                 : cv::COLOR_BGRA2RGBA;
  cv::Mat rgba;
  cv::cvtColor(bytes, rgba, conversion);
  return rgba;
}

void multiply_by_alpha(cv::Mat& rgba) {
  rgba.forEach<cv::Vec4b>([](cv::Vec4b& pixel, const int*) {
    for (int i = 0; i < 3; ++i) {
      pixel[i] = static_cast<std::uint8_t>((pixel[i] * pixel[3] + 127) / 255);
    }
  });
}

std::unique_ptr<OverlayImage::Levels> make_levels(const std::string& path) {
  const cv::Mat image = cv::imread(path, cv::IMREAD_UNCHANGED);
  CV_Assert(!image.empty());
  auto levels = std::make_unique<OverlayImage::Levels>();
  levels->rgba.push_back(as_rgba(image));
  multiply_by_alpha(levels->rgba.front());
  while (std::min(levels->rgba.back().cols, levels->rgba.back().rows) >= 16) {
    cv::Mat half;
    cv::resize(levels->rgba.back(), half, {}, 0.5, 0.5, cv::INTER_AREA);
    levels->rgba.push_back(half);
  }
  return levels;
}

}  // namespace

OverlayImage::OverlayImage(std::unique_ptr<Levels> levels) : levels_(std::move(levels)) {}
OverlayImage::~OverlayImage() = default;

int OverlayImage::width() const { return levels_->rgba.front().cols; }
int OverlayImage::height() const { return levels_->rgba.front().rows; }

Status OverlayImage::check(const std::string& path) { return check_header(path); }

Result<std::unique_ptr<OverlayImage>> OverlayImage::load(const std::string& path) {
  if (const Status status = check_header(path); !status.ok()) {
    return status;
  }
  std::unique_ptr<Levels> levels;
  if (!guard_opencv("IMAGE_INVALID", [&] { levels = make_levels(path); }).ok()) {
    return invalid_image(path, "is damaged");
  }
  return std::make_unique<OverlayImage>(std::move(levels));
}

}  // namespace kms::face_detection
