// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace kms::face_detection {

// For tests: a file that is removed at the end.
class TemporaryFile {
 public:
  TemporaryFile(const std::string& name, const std::string& content);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// A PNG's bytes: left half of one colour, right half of another; red, green, blue, alpha.
std::string png_of_two_halves(int width, int height, std::array<std::uint8_t, 4> left,
                              std::array<std::uint8_t, 4> right);

}  // namespace kms::face_detection
