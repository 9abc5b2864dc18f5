// SPDX-License-Identifier: Apache-2.0
#include "filters/face_detection/vision/demo_clip.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace kms::face_detection {
namespace {

std::vector<Box> read_truth(const std::string& path) {
  std::vector<Box> truth;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    Box box;
    if (std::sscanf(line.c_str(), "[%lf, %lf, %lf, %lf]", &box.x, &box.y, &box.width, &box.height) == 4) {
      truth.push_back(box);
    }
  }
  return truth;
}

DemoClip make(const std::string& name, const std::string& option) {
  const std::string stem = std::string(KMS_MEDIA_FOLDER) + "/" + name;
  const std::string command = "'" KMS_MAKE_DEMO_CLIP "' '" + stem + ".mp4' " + option;
  if (std::system(command.c_str()) != 0) {
    return {};
  }
  return {stem + ".mp4", read_truth(stem + ".truth.json")};
}

}  // namespace

DemoClip DemoClip::with_face() { return make("demo", ""); }
DemoClip DemoClip::without_face() { return make("demo-no-face", "--no-face"); }

}  // namespace kms::face_detection
