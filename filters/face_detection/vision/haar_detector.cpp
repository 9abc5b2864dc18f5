// SPDX-License-Identifier: Apache-2.0
#include "filters/face_detection/vision/haar_detector.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/objdetect.hpp>

#include "filters/face_detection/vision/opencv_guard.hpp"
#include "filters/face_detection/vision/shrink_plane.hpp"

namespace kms::face_detection {
namespace {

// From one window size to the next. 1.1 costs 1.7 times as much and finds no face more at the default scale.
constexpr double kWindowStep = 1.2;

// A frontal cascade's window is a square from above the brows to above the chin. A face, forehead to chin and
// without the ears, is a little narrower, taller and lower; measured against the demo clip's truth for three
// cascades, +-0.02 each.
constexpr double kFaceWidth = 0.90;
constexpr double kFaceHeight = 1.09;
constexpr double kFaceShiftX = 0.01;
constexpr double kFaceShiftY = 0.10;

// How sure n agreeing windows make one: 3 give 0.43, 30 give 0.88.
float confidence_of(int neighbours) {
  return static_cast<float>(neighbours) / (static_cast<float>(neighbours) + 4.0F);
}

Face face_from(const cv::Rect& window, int neighbours, const Picture& picture) {
  const double width = window.width * kFaceWidth;
  const double height = window.height * kFaceHeight;
  const double left = window.x + window.width * (0.5 + kFaceShiftX) - width / 2;
  const double top = window.y + window.height * (0.5 + kFaceShiftY) - height / 2;
  const Box box{left / picture.width, top / picture.height, width / picture.width, height / picture.height};
  return {inside_frame(box), confidence_of(neighbours)};
}

class HaarDetector final : public FaceDetector {
 public:
  HaarDetector(const DetectorOptions& options, cv::CascadeClassifier cascade)
      : options_(options), cascade_(std::move(cascade)) {}

  void shrink(const ConstFrame& frame, Picture& picture) const override {
    picture.reshape(std::max(1, static_cast<int>(std::lround(frame.width * options_.scale))),
                    std::max(1, static_cast<int>(std::lround(frame.height * options_.scale))), 1);
    cv::Mat small(picture.height, picture.width, CV_8UC1, picture.pixels.data());
    shrink_plane(frame, 0, small, picture.scratch);
  }

  Result<std::vector<Face>> detect(const Picture& picture) override {
    const cv::Mat luma(picture.height, picture.width, CV_8UC1,
                       const_cast<std::uint8_t*>(picture.pixels.data()));
    // One step below the smallest face: a face needs windows on both sides of its size to gather neighbours.
    const int side = static_cast<int>(options_.min_size / kFaceWidth / kWindowStep * picture.height);
    const Status status = guard_opencv("DETECTION_FAILED", [&] {
      cascade_.detectMultiScale(luma, windows_, neighbours_, kWindowStep, options_.min_neighbours, 0,
                                {side, side});
    });
    if (!status.ok()) {
      return status;
    }
    return faces_in(picture);
  }

 private:
  std::vector<Face> faces_in(const Picture& picture) const {
    std::vector<Face> faces;
    for (std::size_t i = 0; i < windows_.size(); ++i) {
      const Face face = face_from(windows_[i], neighbours_[i], picture);
      if (face.confidence >= options_.min_confidence) {
        faces.push_back(face);
      }
    }
    return faces;
  }

  const DetectorOptions options_;
  cv::CascadeClassifier cascade_;
  std::vector<cv::Rect> windows_;  // both kept for their memory
  std::vector<int> neighbours_;
};

}  // namespace

Result<std::unique_ptr<FaceDetector>> make_haar_detector(const DetectorOptions& options) {
  cv::CascadeClassifier cascade;
  const Status status = guard_opencv("MODEL_INVALID", [&] { cascade.load(options.model_path); });
  if (!status.ok() || cascade.empty()) {
    return error(StatusCode::kInvalidArgument, "MODEL_INVALID", "is no OpenCV cascade");
  }
  return std::make_unique<HaarDetector>(options, std::move(cascade));
}

}  // namespace kms::face_detection
