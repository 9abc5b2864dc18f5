// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <google/protobuf/util/time_util.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>

#include "filters/face_detection/vision/demo_clip.hpp"
#include "kms/face_detection/v1/face_detection.pb.h"
#include "tests/support/calm/calm.hpp"
#include "tests/support/media_factory.hpp"
#include "tests/support/session_fixture.hpp"
#include "tests/support/test_elements.hpp"

namespace kms {
void declare_face_detection(graph::Catalog& catalog);
}

namespace kms::face_detection {
namespace {

using test::LiveSession;

constexpr int kFrames = 600;

LiveSession::Setup setup() {
  Config config;
  config.limits.event_ring = 5000;
  config.limits.subscriber_queue = 5000;
  return {.config = config, .declare = [](graph::Catalog& catalog) {
            declare_face_detection(catalog);
            test::declare_test_elements(catalog);
          }};
}

kms::v1::ElementSpec filter(const v1::FaceDetectionOptions& options) {
  kms::v1::ElementSpec spec;
  spec.set_element_id("faces");
  spec.mutable_options()->PackFrom(options);
  return spec;
}

// The clip's pictures as a chain of elements with one open pad: from its bare H.264, which needs no demuxer.
std::string decoded(const std::string& path) {
  const auto bare = test::media_folder() + "/demo-clip.h264";
  const auto command =
      fmt::format("ffmpeg -v error -y -i {} -an -c:v copy -bsf:v h264_mp4toannexb {}", path, bare);
  EXPECT_EQ(std::system(command.c_str()), 0);
  return fmt::format("video:raw filesrc location={} ! h264parse ! avdec_h264", bare);
}

std::vector<v1::FacesDetected> faces_in(const std::vector<kms::v1::Event>& events) {
  std::vector<v1::FacesDetected> out;
  for (const auto& event : events) {
    v1::FacesDetected faces;
    if (event.has_element_event() && event.element_event().UnpackTo(&faces)) out.push_back(faces);
  }
  return out;
}

Box box_of(const v1::Face& face) { return {face.x(), face.y(), face.width(), face.height()}; }

TEST(FaceDetectionFilter, TellsWhereTheFaceIsInStepWithUnpacedVideo) {
  const auto clip = DemoClip::with_face();
  ASSERT_EQ(clip.truth.size(), static_cast<size_t>(kFrames));
  LiveSession session(setup());
  v1::FaceDetectionOptions options;
  options.set_every_nth_frame(5);
  ASSERT_TRUE(session
                  .apply({test::source("clip", "unpaced " + decoded(clip.path)), filter(options),
                          test::sink("end", "video:raw")},
                         {{"clip", "faces"}, {"faces", "end"}})
                  .ok());

  ASSERT_TRUE(
      session.eventually([&] { return session.frames_at("end") == kFrames; }, std::chrono::seconds(100)))
      << session.frames_at("faces") << " in, " << session.frames_at("end") << " out";

  const auto told = faces_in(session.events());
  size_t right = 0;
  std::set<uint64_t> ids;
  for (const auto& event : told) {
    ASSERT_EQ(event.frame() % 5, 0U);
    const auto time = google::protobuf::util::TimeUtil::DurationToMilliseconds(event.frame_time());
    EXPECT_NEAR(static_cast<double>(time), static_cast<double>(event.frame()) * 1000 / 30, 2);
    EXPECT_EQ(event.faces_size(), 1) << event.frame();
    for (const auto& face : event.faces()) {
      right += overlap(box_of(face), clip.truth.at(event.frame())) >= 0.5 ? 1 : 0;
      ids.insert(face.track_id());
    }
  }
  // A face is told from its second sighting on.
  EXPECT_GE(told.size(), kFrames / 5 - 1);
  EXPECT_GE(static_cast<double>(right), 0.95 * kFrames / 5);
  EXPECT_EQ(ids.size(), 1U) << "the track id stays with the face";
}

// What the filter adds to the delay of frames, looked at 31 times: the middle of it, in microseconds.
int64_t added_delay(LiveSession& session) {
  const auto delay_at = [&](const kms::v1::GetStatsResponse& stats, const std::string& sink) {
    for (const auto& link : stats.links()) {
      if (link.link().sink() == session.element(sink)) return static_cast<int64_t>(link.delay_us());
    }
    return int64_t{-1};
  };
  std::vector<int64_t> added;
  while (added.size() < 31) {
    const auto before = session.frames_at("end");
    EXPECT_TRUE(session.eventually([&] { return session.frames_at("end") > before; }));
    const auto stats = session.stats();
    added.push_back(delay_at(stats, "end") - delay_at(stats, "straight"));
  }
  std::sort(added.begin(), added.end());
  return added[added.size() / 2];
}

TEST(FaceDetectionFilter, LiveVideoKeepsItsRateHoweverSlowDetectionIs) {
  test::measure_calmly([] {
    LiveSession session(setup());
    v1::FaceDetectionOptions options;
    options.set_detection_scale(1);  // several frames long
    options.set_min_size(0.02);
    options.set_detections_per_second(60);
    options.mutable_drawing()->mutable_boxes();
    const auto camera =
        "video:raw videotestsrc is-live=true ! video/x-raw,format=I420,width=640,height=360,framerate=30/1 ! "
        "identity";
    ASSERT_TRUE(session
                    .apply({test::source("camera", camera), filter(options),
                            test::sink("straight", "video:raw"), test::sink("end", "video:raw")},
                           {{"camera", "faces"}, {"camera", "straight"}, {"faces", "end"}})
                    .ok());

    ASSERT_TRUE(session.eventually([&] { return session.frames_at("straight") >= 90; }));

    EXPECT_GE(session.frames_at("end") + 3, session.frames_at("straight"));
    EXPECT_LT(added_delay(session), 1'000'000 / 30) << "a frame's time";
    const auto stats = session.stats();
    for (const auto& link : stats.links()) EXPECT_EQ(link.dropped(), 0U) << link.link().name();
  });
}

TEST(FaceDetectionFilter, SoundRunsThrough) {
  LiveSession session(setup());
  ASSERT_TRUE(session
                  .apply({test::source("mic", "audio:OPUS audiotestsrc is-live=true ! opusenc"),
                          filter(v1::FaceDetectionOptions()), test::sink("ear", "audio:OPUS")},
                         {{"mic", "faces"}, {"faces", "ear"}})
                  .ok());
  EXPECT_TRUE(session.eventually([&] { return session.frames_at("ear") > 10; }));
}

struct Refused {
  std::string reason;
  std::function<void(v1::FaceDetectionOptions&)> change;
};
class FaceDetectionOptions : public testing::TestWithParam<Refused> {};

TEST_P(FaceDetectionOptions, AreCheckedAtCreation) {
  LiveSession session(setup());
  v1::FaceDetectionOptions options;
  GetParam().change(options);
  const auto made = session.apply({filter(options)}, {});
  EXPECT_EQ(reason_of(made.status()), GetParam().reason) << made.status();
}

std::string text_file() {
  const auto path = test::media_folder() + "/no-picture.png";
  std::ofstream(path) << "this is text";
  return path;
}

INSTANTIATE_TEST_SUITE_P(
    Wrong, FaceDetectionOptions,
    testing::Values(
        Refused{"INVALID_OPTIONS", [](auto& o) { o.set_detection_scale(2); }},
        Refused{"INVALID_OPTIONS", [](auto& o) { o.set_detection_scale(-1); }},
        Refused{"INVALID_OPTIONS", [](auto& o) { o.set_min_size(NAN); }},
        Refused{"INVALID_OPTIONS", [](auto& o) { o.set_smoothing(1); }},
        Refused{"INVALID_OPTIONS", [](auto& o) { o.set_detections_per_second(1000); }},
        Refused{"INVALID_OPTIONS", [](auto& o) { o.mutable_drawing()->mutable_boxes()->set_thickness(65); }},
        Refused{"INVALID_OPTIONS", [](auto& o) { o.mutable_drawing()->mutable_blur()->set_strength(2); }},
        Refused{"URI_NOT_ALLOWED", [](auto& o) { o.set_model_path("/etc/passwd"); }},
        Refused{"INVALID_OPTIONS", [](auto& o) { o.mutable_drawing()->mutable_overlay(); }},
        Refused{"URI_NOT_ALLOWED",
                [](auto& o) { o.mutable_drawing()->mutable_overlay()->set_uri("file:///etc/passwd"); }}));

TEST(FaceDetectionFilter, RefusesModelsAndImagesThatAreNone) {
  auto allowed = setup();
  allowed.config.files.read = {test::media_folder()};
  LiveSession session(allowed);
  const auto text = text_file();
  v1::FaceDetectionOptions model;
  model.set_model_path(text);
  EXPECT_EQ(reason_of(session.apply({filter(model)}, {}).status()), "MODEL_INVALID");
  model.set_model_path(test::media_folder() + "/not-there.onnx");
  EXPECT_EQ(reason_of(session.apply({filter(model)}, {}).status()), "MODEL_NOT_FOUND");
  v1::FaceDetectionOptions overlay;
  overlay.mutable_drawing()->mutable_overlay()->set_uri("file://" + text);
  EXPECT_EQ(reason_of(session.apply({filter(overlay)}, {}).status()), "IMAGE_INVALID");
}

}  // namespace
}  // namespace kms::face_detection
