// SPDX-License-Identifier: Apache-2.0
#include "filters/face_detection/vision/clip_reader.hpp"

namespace kms::face_detection {

void ClipReader::Close::operator()(std::FILE* pipe) const { ::pclose(pipe); }

ClipReader::ClipReader(const std::string& path)
    : pipe_(::popen(
          ("ffmpeg -v error -nostdin -i '" + path + "' -f rawvideo -pix_fmt yuv420p - 2>/dev/null").c_str(),
          "r")) {}

bool ClipReader::read(I420Picture& picture) {
  packed_.resize(picture.packed_size());
  if (!pipe_ || std::fread(packed_.data(), 1, packed_.size(), pipe_.get()) != packed_.size()) {
    return false;
  }
  picture.assign(packed_);
  return true;
}

}  // namespace kms::face_detection
