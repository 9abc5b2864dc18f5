// SPDX-License-Identifier: Apache-2.0
#include "filters/face_detection/vision/yunet_detector.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <opencv2/objdetect.hpp>

#include "filters/face_detection/vision/opencv_guard.hpp"
#include "filters/face_detection/vision/shrink_plane.hpp"

namespace kms::face_detection {
namespace {

constexpr float kMinScore = 0.6F;
constexpr float kMaxOverlap = 0.3F;  // of two boxes before the weaker one is taken for the same face
constexpr int kMaxCandidates = 500;
constexpr int kColumns = 15;  // of OpenCV's result: x, y, width, height, five landmarks, score
constexpr int kTrialSide = 64;

int even(double length) { return std::max(2, 2 * static_cast<int>(std::lround(length / 2))); }

class YunetDetector final : public FaceDetector {
 public:
  YunetDetector(const DetectorOptions& options, cv::Ptr<cv::FaceDetectorYN> network)
      : options_(options), network_(std::move(network)) {}

  void shrink(const ConstFrame& frame, Picture& picture) const override {
    const int width = even(frame.width * options_.scale);
    const int height = even(frame.height * options_.scale);
    cv::Mat planar(height * 3 / 2, width, CV_8UC1);
    cv::Mat small[] = {planar.rowRange(0, height), {}, {}};
    small[1] = cv::Mat(height / 2, width / 2, CV_8UC1, planar.ptr(height));
    small[2] = cv::Mat(height / 2, width / 2, CV_8UC1, planar.ptr(height) + width * height / 4);
    for (std::size_t i = 0; i < 3; ++i) {
      shrink_plane(frame, i, small[i], picture.scratch);
    }
    picture.reshape(width, height, 3);
    cv::Mat colour(height, width, CV_8UC3, picture.pixels.data());
    cv::cvtColor(planar, colour, cv::COLOR_YUV2BGR_I420);
  }

  Result<std::vector<Face>> detect(const Picture& picture) override {
    const cv::Mat colour(picture.height, picture.width, CV_8UC3,
                         const_cast<std::uint8_t*>(picture.pixels.data()));
    const Status status = guard_opencv("DETECTION_FAILED", [&] {
      network_->setInputSize(colour.size());
      network_->detect(colour, found_);
      CV_Assert(found_.empty() || (found_.type() == CV_32FC1 && found_.cols == kColumns));
    });
    if (!status.ok()) {
      return status;
    }
    return faces_in(picture);
  }

 private:
  std::vector<Face> faces_in(const Picture& picture) const {
    std::vector<Face> faces;
    for (int row = 0; row < found_.rows; ++row) {
      const float* values = found_.ptr<float>(row);
      const bool large_enough = values[2] >= options_.min_size * picture.height;
      const float score = std::clamp(values[kColumns - 1], 0.0F, 1.0F);
      if (large_enough && score >= options_.min_confidence) {
        const Box box{
            values[0] / static_cast<double>(picture.width), values[1] / static_cast<double>(picture.height),
            values[2] / static_cast<double>(picture.width), values[3] / static_cast<double>(picture.height)};
        faces.push_back({inside_frame(box), score});
      }
    }
    return faces;
  }

  const DetectorOptions options_;
  cv::Ptr<cv::FaceDetectorYN> network_;
  cv::Mat found_;
};

}  // namespace

Result<std::unique_ptr<FaceDetector>> make_yunet_detector(const DetectorOptions& options) {
  cv::Ptr<cv::FaceDetectorYN> network;
  const Status status = guard_opencv("MODEL_INVALID", [&] {
    network = cv::FaceDetectorYN::create(options.model_path, "", {kTrialSide, kTrialSide}, kMinScore,
                                         kMaxOverlap, kMaxCandidates);
  });
  if (!status.ok() || !network) {
    return error(StatusCode::kInvalidArgument, "MODEL_INVALID", "is no ONNX network that OpenCV can read");
  }
  auto detector = std::make_unique<YunetDetector>(options, std::move(network));
  Picture trial;
  trial.reshape(kTrialSide, kTrialSide, 3);
  if (!detector->detect(trial).ok()) {
    return error(StatusCode::kInvalidArgument, "MODEL_INVALID",
                 "is no YuNet that this OpenCV can run (March 2022 is)");
  }
  return detector;
}

}  // namespace kms::face_detection
