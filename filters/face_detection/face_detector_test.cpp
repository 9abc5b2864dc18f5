// SPDX-License-Identifier: Apache-2.0
#include "filters/face_detection/face_detector.hpp"

#include <gtest/gtest.h>

#include "filters/face_detection/i420_picture.hpp"
#include "filters/face_detection/png_file.hpp"

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
  EXPECT_EQ(reason_for({.scale = 0}), "OPTION_OUT_OF_RANGE");
  EXPECT_EQ(reason_for({.scale = 1.5}), "OPTION_OUT_OF_RANGE");
  EXPECT_EQ(reason_for({.min_size = 0}), "OPTION_OUT_OF_RANGE");
  EXPECT_EQ(reason_for({.min_neighbours = 0}), "OPTION_OUT_OF_RANGE");
  EXPECT_EQ(reason_for({.min_confidence = -1}), "OPTION_OUT_OF_RANGE");
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

}  // namespace
}  // namespace kms::face_detection
