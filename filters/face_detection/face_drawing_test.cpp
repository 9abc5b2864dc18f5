// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "filters/face_detection/face_detection_element.hpp"
#include "filters/face_detection/vision/demo_clip.hpp"
#include "kms-core/gst/init.hpp"
#include "tests/support/element_host.hpp"
#include "tests/support/feeder.hpp"
#include "tests/support/media_factory.hpp"
#include "tests/support/taker.hpp"

namespace kms::face_detection {
namespace {

// The clip's first picture, again and again.
std::string still_face(const DemoClip& clip) {
  const auto bare = test::media_folder() + "/still-face.h264";
  const auto command = fmt::format(
      "ffmpeg -v error -y -i {} -an -frames:v 1 -c:v copy -bsf:v h264_mp4toannexb {}", clip.path, bare);
  EXPECT_EQ(std::system(command.c_str()), 0);
  return fmt::format("filesrc location={} ! h264parse ! avdec_h264 ! imagefreeze ! identity name=video",
                     bare);
}

// A chain that lets through eight pixels from the middle of the face.
std::string middle_of(const Box& face) {
  const auto left = static_cast<int>((face.x + face.width / 2) * 1280) / 2 * 2;
  const auto top = static_cast<int>((face.y + face.height / 2) * 720) / 2 * 2;
  return fmt::format("videocrop left={} right={} top={} bottom={}", left, 1280 - left - 8, top,
                     720 - top - 4);
}

std::string picture_of_colour(const std::string& colour) {
  const auto path = test::media_folder() + "/" + colour + ".png";
  const auto command =
      fmt::format("ffmpeg -v error -y -f lavfi -i color={}:s=64x64 -frames:v 1 {}", colour, path);
  EXPECT_EQ(std::system(command.c_str()), 0);
  return "file://" + path;
}

// Begins as a PNG does, and ends there.
std::string damaged_picture() {
  const auto path = test::media_folder() + "/damaged.png";
  std::ofstream(path, std::ios::binary)
      << std::string("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x40\0\0\0\x40\x08\x06\0\0\0 and no more", 40);
  return "file://" + path;
}

v1::Drawing overlay(const std::string& uri) {
  v1::Drawing drawing;
  drawing.mutable_overlay()->set_uri(uri);
  return drawing;
}

// Brightness, 16 (black) to 235 (white).
int luma(const test::Frame& frame) { return static_cast<uint8_t>(frame.first_bytes.at(0)); }

// A filter in a host of its own, before it a still face, behind it the middle of that face.
class DrawingRig {
 public:
  explicit DrawingRig(v1::FaceDetectionOptions options) {
    gst::init();
    host_.on_loop([&] {
      auto made = FaceDetectionElement::create(host_, options);
      ASSERT_TRUE(made.ok()) << made.status();
      element_ = std::move(*made);
      const auto& ports = element_->ports();
      taker_.inlet()->set_patience(10'000,
                                   UINT64_MAX);  // held up, it misses no picture, not the first either
      ports.sinks.at(1).media->attach(feeder_.fan_out("video"));
      taker_.inlet()->attach(ports.sources.at(1).media);
    });
  }
  ~DrawingRig() {
    static_cast<void>(host_.call([&](Done done) { element_->close(std::move(done)); }));
    host_.on_loop([&] { element_.reset(); });
  }

  void start() { feeder_.start(); }
  Status set(const v1::Drawing& drawing) {
    return host_.call([&](Done done) {
      static_cast<FaceDetectionElement&>(*element_).set_drawing(drawing, std::move(done));
    });
  }
  bool shows(const std::function<bool(int)>& brightness) const {
    return taker_.wait_for(
        [&](const auto& frames) { return !frames.empty() && brightness(luma(frames.back())); });
  }
  const test::FakeHost& host() const { return host_; }
  const test::Taker& taker() const { return taker_; }

 private:
  static Config config() {
    Config out;
    out.files.read = {test::media_folder()};
    return out;
  }

  const DemoClip clip_ = DemoClip::with_face();
  test::FakeHost host_{config()};
  test::Feeder feeder_{still_face(clip_), test::Feeder::Pace::kRealTime};
  test::Taker taker_{"end", {.chain = middle_of(clip_.truth.at(0))}};
  std::unique_ptr<graph::Element> element_;
};

constexpr auto kBlack = [](int brightness) { return brightness < 30; };
constexpr auto kWhite = [](int brightness) { return brightness > 220; };

TEST(FaceDrawing, ChangesInThePictureWhileMediaRuns) {
  v1::FaceDetectionOptions options;
  *options.mutable_drawing() = overlay(picture_of_colour("black"));
  DrawingRig rig(options);
  rig.start();
  ASSERT_TRUE(rig.shows(kBlack));
  const auto skin = luma(rig.taker().frames().front());  // nothing is known of a face then
  ASSERT_TRUE(skin > 40 && skin < 210) << skin;

  ASSERT_TRUE(rig.set(overlay(picture_of_colour("white"))).ok());
  EXPECT_TRUE(rig.shows(kWhite));

  ASSERT_TRUE(rig.set(v1::Drawing()).ok());
  EXPECT_TRUE(rig.shows([&](int brightness) { return std::abs(brightness - skin) < 5; }));
}

TEST(FaceDrawing, SetBeforeTheFirstFrameTakesThePlaceOfTheOptions) {
  v1::FaceDetectionOptions options;
  *options.mutable_drawing() = overlay(picture_of_colour("black"));
  DrawingRig rig(options);

  ASSERT_TRUE(rig.set(overlay(picture_of_colour("white"))).ok());
  rig.start();

  EXPECT_TRUE(rig.shows(kWhite));
  for (const auto& frame : rig.taker().frames()) EXPECT_FALSE(kBlack(luma(frame)));
}

// An image of 4096 x 4096 takes long to unpack: the control loop of many sessions does not do that.
TEST(FaceDrawing, AnImageIsUnpackedWhenItIsNeededAndItsDamageToldThen) {
  for (const uint32_t every_nth : {0U, 1U}) {
    v1::FaceDetectionOptions options;
    options.set_every_nth_frame(every_nth);
    *options.mutable_drawing() = overlay(damaged_picture());
    DrawingRig rig(options);

    rig.start();

    EXPECT_TRUE(rig.host().wait_for("ElementError IMAGE_INVALID")) << every_nth;
    EXPECT_TRUE(rig.host().wait_for("FacesDetected")) << every_nth;
  }
}

TEST(FaceDrawing, SetToADamagedImageFailsAndWhatWasDrawnStays) {
  v1::FaceDetectionOptions options;
  *options.mutable_drawing() = overlay(picture_of_colour("black"));
  DrawingRig rig(options);
  rig.start();
  ASSERT_TRUE(rig.shows(kBlack));

  EXPECT_EQ(reason_of(rig.set(overlay(damaged_picture()))), "IMAGE_INVALID");
  EXPECT_EQ(reason_of(rig.set(overlay("file:///etc/passwd"))), "URI_NOT_ALLOWED");

  const auto count = rig.taker().frames().size();
  ASSERT_TRUE(rig.taker().wait_frames(count + 5));
  EXPECT_TRUE(kBlack(luma(rig.taker().frames().back())));
}

}  // namespace
}  // namespace kms::face_detection
