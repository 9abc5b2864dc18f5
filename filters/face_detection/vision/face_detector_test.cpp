// SPDX-License-Identifier: Apache-2.0
#include "filters/face_detection/vision/face_detector.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "filters/face_detection/vision/i420_picture.hpp"
#include "filters/face_detection/vision/png_file.hpp"
#include "filters/face_detection/vision/tiny_yunet.hpp"

namespace kms::face_detection {
namespace {

std::string reason_for(const DetectorOptions& options) {
  return reason_of(FaceDetector::create(options).status());
}

TEST(FaceDetector, SaysThatTheModelIsNotThere) {
  const auto detector = FaceDetector::create({.model_path = "/nowhere/face.xml"});

  EXPECT_EQ(reason_of(detector.status()), "MODEL_NOT_FOUND");
  EXPECT_NE(message_of(detector.status()).find("/nowhere/face.xml"), std::string::npos);
}

TEST(FaceDetector, RefusesFilesThatAreNoModel) {
  const TemporaryFile text("face.xml", "this is no XML");
  const TemporaryFile other_xml("face.xml",
                                "<?xml version=\"1.0\"?><opencv_storage><a>1</a></opencv_storage>");
  const TemporaryFile no_network("face.onnx", "this is no network");
  const TemporaryFile empty("empty.xml", "");
  const TemporaryFile other_ending("face.bin", "0123");

  for (const std::string& path :
       {text.path(), other_xml.path(), no_network.path(), empty.path(), other_ending.path()}) {
    EXPECT_EQ(reason_for({.model_path = path}), "MODEL_INVALID") << path;
  }
}

TEST(FaceDetector, RefusesAFolderUnderAModelsName) {
  EXPECT_EQ(reason_for({.model_path = "/"}), "MODEL_INVALID");
}

TEST(FaceDetector, RefusesOptionsOutOfRange) {
  EXPECT_EQ(reason_for({.scale = 0}), "INVALID_OPTIONS");
  EXPECT_EQ(reason_for({.scale = 1.5}), "INVALID_OPTIONS");
  EXPECT_EQ(reason_for({.min_size = 0}), "INVALID_OPTIONS");
  EXPECT_EQ(reason_for({.min_neighbours = 0}), "INVALID_OPTIONS");
  EXPECT_EQ(reason_for({.min_confidence = -1}), "INVALID_OPTIONS");
}

TEST(FaceDetector, ChecksOptionsWithoutReadingTheModel) {
  const TemporaryFile text("face.xml", "this is no XML");

  EXPECT_TRUE(FaceDetector::check({}).ok());
  EXPECT_TRUE(FaceDetector::check({.model_path = text.path()}).ok());
  EXPECT_EQ(reason_of(FaceDetector::check({.model_path = "/nowhere/face.xml"})), "MODEL_NOT_FOUND");
}

TEST(FaceDetector, ShrinksTheFrameByTheScale) {
  auto detector = FaceDetector::create({.scale = 0.25});
  ASSERT_TRUE(detector.ok()) << detector.status();
  I420Picture frame(640, 360, 24);
  frame.fill(77, 128, 128);

  Picture picture;
  (*detector)->shrink(frame.view(), picture);

  EXPECT_EQ(picture.width, 160);
  EXPECT_EQ(picture.height, 90);
  EXPECT_EQ(picture.pixels, std::vector<std::uint8_t>(160 * 90, 77));
}

TEST(FaceDetector, FindsNothingInFlatAndTinyPictures) {
  auto detector = FaceDetector::create({});
  ASSERT_TRUE(detector.ok()) << detector.status();
  for (const auto& [width, height] : {std::pair{640, 480}, {2, 2}, {17, 5}, {1, 1}}) {
    const I420Picture frame(width, height);
    Picture picture;
    (*detector)->shrink(frame.view(), picture);

    const auto faces = (*detector)->detect(picture);

    ASSERT_TRUE(faces.ok()) << faces.status();
    EXPECT_TRUE(faces->empty()) << width << "x" << height;
  }
}

TEST(FaceDetector, RunsAYunetModelOnColour) {
  const TemporaryFile model("tiny.onnx", tiny_yunet());
  auto detector = FaceDetector::create({.model_path = model.path(), .scale = 0.5});
  ASSERT_TRUE(detector.ok()) << detector.status();
  I420Picture frame(640, 320, 8);
  Picture picture;

  frame.fill(41, 240, 110);  // blue
  (*detector)->shrink(frame.view(), picture);
  const auto in_blue = (*detector)->detect(picture);
  frame.fill(81, 90, 240);  // red
  (*detector)->shrink(frame.view(), picture);
  const auto in_red = (*detector)->detect(picture);

  ASSERT_TRUE(in_blue.ok()) << in_blue.status();
  const bool found = std::any_of(in_blue->begin(), in_blue->end(), [](const Face& face) {
    return overlap(face.box, {0.25, 0.1, 0.2, 0.4}) > 0.99 && face.confidence > 0.9F;
  });
  EXPECT_TRUE(found) << "no face of 64 x 64 pixels around 112, 48 in a picture of 320 x 160";
  ASSERT_TRUE(in_red.ok()) << in_red.status();
  EXPECT_TRUE(in_red->empty());
}

TEST(FaceDetector, AModelThatFailsOnAPictureSaysSo) {
  const TemporaryFile model("one-size.onnx", tiny_yunet_of_one_size());
  auto detector = FaceDetector::create({.model_path = model.path(), .scale = 1});
  ASSERT_TRUE(detector.ok()) << detector.status();
  Picture picture;

  (*detector)->shrink(I420Picture(640, 320).view(), picture);
  EXPECT_EQ(reason_of((*detector)->detect(picture).status()), "DETECTION_FAILED");
  (*detector)->shrink(I420Picture(64, 64).view(), picture);
  EXPECT_TRUE((*detector)->detect(picture).ok());
}

TEST(FaceDetector, HeedsTheSmallestSizeAlsoForYunet) {
  const TemporaryFile model("tiny.onnx", tiny_yunet());
  auto detector = FaceDetector::create({.model_path = model.path(), .scale = 0.5, .min_size = 0.5});
  ASSERT_TRUE(detector.ok()) << detector.status();
  I420Picture frame(640, 320);
  Picture picture;
  frame.fill(41, 240, 110);
  (*detector)->shrink(frame.view(), picture);

  const auto faces = (*detector)->detect(picture);

  ASSERT_TRUE(faces.ok()) << faces.status();
  EXPECT_TRUE(faces->empty());
}

}  // namespace
}  // namespace kms::face_detection
