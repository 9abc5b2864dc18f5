// SPDX-License-Identifier: Apache-2.0
#include "filters/face_detection/vision/png_file.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <vector>

namespace kms::face_detection {
namespace {

cv::Scalar bgra(const std::array<std::uint8_t, 4>& rgba) {
  return {double(rgba[2]), double(rgba[1]), double(rgba[0]), double(rgba[3])};
}

}  // namespace

TemporaryFile::TemporaryFile(const std::string& name, const std::string& content)
    : path_(std::filesystem::temp_directory_path() / (std::to_string(::getpid()) + "-" + name)) {
  std::ofstream(path_, std::ios::binary) << content;
}

TemporaryFile::~TemporaryFile() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

std::string png_of_two_halves(int width, int height, std::array<std::uint8_t, 4> left,
                              std::array<std::uint8_t, 4> right) {
  cv::Mat image(height, width, CV_8UC4, bgra(left));
  image.colRange(width / 2, width).setTo(bgra(right));
  std::vector<std::uint8_t> bytes;
  cv::imencode(".png", image, bytes);
  return {bytes.begin(), bytes.end()};
}

}  // namespace kms::face_detection
