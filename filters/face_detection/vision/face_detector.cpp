// SPDX-License-Identifier: Apache-2.0
#include "filters/face_detection/vision/face_detector.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <fstream>
#include <mutex>
#include <opencv2/core/utility.hpp>

#include "filters/face_detection/vision/haar_detector.hpp"
#include "filters/face_detection/vision/yunet_detector.hpp"

namespace kms::face_detection {
namespace {

constexpr std::int64_t kMaxModelBytes = 64 * 1024 * 1024;

Status check_range(const char* name, double value, double low, double high) {
  if (value >= low && value <= high) {
    return ok();
  }
  return error(StatusCode::kInvalidArgument, "INVALID_OPTIONS",
               fmt::format("{} is {}; allowed is {} to {}", name, value, low, high));
}

Status check_ranges(const DetectorOptions& options) {
  for (const Status& status :
       {check_range("scale", options.scale, 0.05, 1), check_range("min_size", options.min_size, 0.02, 1),
        check_range("min_neighbours", options.min_neighbours, 1, 50),
        check_range("min_confidence", options.min_confidence, 0, 1)}) {
    if (!status.ok()) {
      return status;
    }
  }
  return ok();
}

Status invalid(const std::string& path, const char* why) {
  return error(
      StatusCode::kInvalidArgument, "MODEL_INVALID",
      fmt::format("'{}' {}; allowed are OpenCV cascades (*.xml) and YuNet models (*.onnx)", path, why));
}

Status check_file(const std::string& path) {
  struct stat info = {};
  if (::stat(path.c_str(), &info) != 0 || !std::ifstream(path).is_open()) {
    return error(
        StatusCode::kNotFound, "MODEL_NOT_FOUND",
        fmt::format("no face model can be read at '{}'; the default comes with Debian's opencv-data", path));
  }
  if (!S_ISREG(info.st_mode)) {
    return invalid(path, "is no regular file");
  }
  if (info.st_size == 0 || info.st_size > kMaxModelBytes) {
    return invalid(path, info.st_size == 0 ? "is empty" : "is larger than 64 MiB");
  }
  return ok();
}

// OpenCV would start a thread per core for the whole process, and keep them; the number of our threads must
// not depend on whether a face was ever looked for.
void use_one_thread() {
  static std::once_flag once;
  std::call_once(once, [] { cv::setNumThreads(1); });
}

std::string path_of(const DetectorOptions& options) {
  return options.model_path.empty() ? kDefaultModel : options.model_path;
}

}  // namespace

Status FaceDetector::check(const DetectorOptions& options) {
  if (const Status status = check_ranges(options); !status.ok()) {
    return status;
  }
  const std::string path = path_of(options);
  if (!path.ends_with(".xml") && !path.ends_with(".onnx")) {
    return invalid(path, "ends in neither .xml nor .onnx");
  }
  return check_file(path);
}

Result<std::unique_ptr<FaceDetector>> FaceDetector::create(const DetectorOptions& options) {
  if (const Status status = check(options); !status.ok()) {
    return status;
  }
  use_one_thread();
  DetectorOptions complete = options;
  complete.model_path = path_of(options);
  auto detector =
      complete.model_path.ends_with(".xml") ? make_haar_detector(complete) : make_yunet_detector(complete);
  if (!detector.ok()) {
    return invalid(complete.model_path, message_of(detector.status()).c_str());
  }
  return detector;
}

}  // namespace kms::face_detection
