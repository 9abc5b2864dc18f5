// SPDX-License-Identifier: Apache-2.0
#include "filters/face_detection/vision/tiny_yunet.hpp"
#include "kms/face_detection/v1/face_detection.pb.h"
#include "kms/gstreamer_filter/v1/gstreamer_filter.grpc.pb.h"
#include "tests/integration/media_fixture.hpp"

namespace kms::test {
namespace {

using face_detection::v1::FaceDetectionOptions;
using gstreamer_filter::v1::GStreamerFilterService;

struct FilterServer : MediaServer {
  std::string create_bin(const std::string& bin) {
    gstreamer_filter::v1::GStreamerFilterOptions options;
    options.set_bin(bin);
    return create("f", options);
  }
  std::string set(const std::string& element, const std::string& property, const std::string& value) {
    gstreamer_filter::v1::SetPropertyRequest request;
    request.set_element(element);
    request.set_property(property);
    request.set_value(value);
    return command<GStreamerFilterService>("f", &GStreamerFilterService::Stub::SetProperty, request);
  }
  std::string create_with_model(const std::string& path) {
    FaceDetectionOptions options;
    options.set_model_path(path);
    return create("f", options);
  }
  std::string create_with_image(const std::string& path) {
    FaceDetectionOptions options;
    options.mutable_drawing()->mutable_overlay()->set_uri(uri_of(path));
    return create("f", options);
  }
  // The first error that comes of a clip that is led through the filter "f".
  std::string error_of_a_clip() {
    EventReader events(client, session);
    EXPECT_EQ(create("p", player(make_clip("clip.webm", 5))), "OK");
    EXPECT_EQ(connect("p", "f"), "OK");
    EXPECT_EQ(play("p"), "OK");
    return next_error(events);
  }
};

TEST(Filters, ABinIsRefusedAndWhatIsWrongInItIsNamed) {
  FilterServer kms;
  EXPECT_EQ(kms.create_bin("videobalance ! fakesink"), "INVALID_ARGUMENT/ELEMENT_NOT_ALLOWED");
  EXPECT_EQ(kms.client.last.metadata["element"], "fakesink");
  EXPECT_EQ(kms.create_bin("identity sleep-time=1"), "INVALID_ARGUMENT/PROPERTY_NOT_ALLOWED");
  EXPECT_EQ(kms.client.last.metadata["property"], "sleep-time");
  std::string queues = "queue";
  for (int i = 0; i < 16; ++i) queues += " ! queue";
  EXPECT_EQ(kms.create_bin(queues), "RESOURCE_EXHAUSTED/BIN_QUOTA");
  EXPECT_EQ(kms.client.last.metadata["quota"], "16");

  EXPECT_EQ(kms.create_bin("videobalance name=light"), "OK");

  EXPECT_EQ(kms.set("light", "colour", "1"), "INVALID_ARGUMENT/UNKNOWN_PROPERTY");
  EXPECT_EQ(kms.set("light", "brightness", "much"), "INVALID_ARGUMENT/INVALID_VALUE");
  EXPECT_EQ(kms.set("light", "brightness", "0.5"), "OK");
}

TEST(Filters, ABinThatFailsIsAnElementError) {
  FilterServer kms;
  ASSERT_EQ(kms.create_bin("identity error-after=3"), "OK");

  EXPECT_EQ(kms.error_of_a_clip(), "MEDIA_ERROR");
}

TEST(Filters, ModelsAndImagesThatAreNoneAreRefused) {
  FilterServer kms;
  const auto text = write_file("text.png", "this is text");
  EXPECT_EQ(kms.create_with_model(text), "INVALID_ARGUMENT/MODEL_INVALID");
  EXPECT_EQ(kms.create_with_model(media_folder() + "/none.onnx"), "NOT_FOUND/MODEL_NOT_FOUND");
  EXPECT_EQ(kms.create_with_image(text), "INVALID_ARGUMENT/IMAGE_INVALID");
  EXPECT_EQ(kms.create_with_image(media_folder() + "/none.png"), "NOT_FOUND/IMAGE_NOT_FOUND");
}

TEST(Filters, ADetectorThatFailsOnAPictureIsAnElementError) {
  FilterServer kms;
  ASSERT_EQ(kms.create_with_model(write_file("one-size.onnx", face_detection::tiny_yunet_of_one_size())),
            "OK");

  EXPECT_EQ(kms.error_of_a_clip(), "DETECTION_FAILED");
}

}  // namespace
}  // namespace kms::test
