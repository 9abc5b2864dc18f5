// SPDX-License-Identifier: Apache-2.0
// The bar on real pictures: the demo clip's face is found where it is, and nothing else is taken for one.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "filters/face_detection/vision/clip_reader.hpp"
#include "filters/face_detection/vision/demo_clip.hpp"
#include "filters/face_detection/vision/face_detector.hpp"
#include "filters/face_detection/vision/face_tracker.hpp"
#include "filters/face_detection/vision/painter.hpp"

namespace kms::face_detection {
namespace {

constexpr int kFrames = 600;
constexpr double kEnoughOverlap = 0.5;

constexpr int kTenASecond = 3;  // frames from one detection to the next
constexpr int kThreeASecond = 10;

// KMS_FACE_STEP=1 looks at every frame, for a thorough run by hand.
int chosen_step() {
  const char* text = std::getenv("KMS_FACE_STEP");
  return text == nullptr ? kTenASecond : std::max(1, std::atoi(text));
}

std::int64_t pts_of(int frame) { return frame * std::int64_t{1'000'000'000} / 30; }

struct Score {
  int looks = 0;
  int found = 0;  // looks with a box that overlaps the truth enough
  int clean = 0;  // looks with no other box
  double overlap_sum = 0;
  double smallest_overlap = 1;

  void count(const std::vector<Box>& boxes, const Box* truth) {
    double best = 0;
    std::size_t right = 0;
    for (const Box& box : boxes) {
      const double value = truth != nullptr ? overlap(box, *truth) : 0;
      best = std::max(best, value);
      right += value >= kEnoughOverlap ? 1 : 0;
    }
    ++looks;
    found += right > 0 ? 1 : 0;
    clean += boxes.size() - std::min<std::size_t>(right, 1) == 0 ? 1 : 0;
    overlap_sum += best;
    smallest_overlap = std::min(smallest_overlap, best);
  }

  double found_share() const { return double(found) / looks; }
  double clean_share() const { return double(clean) / looks; }

  void print(const char* what) const {
    fmt::print(
        "{}: {} looks, found {:.1f} %, without a false face {:.1f} %, overlap {:.3f} mean {:.3f} smallest\n",
        what, looks, 100 * found_share(), 100 * clean_share(), overlap_sum / looks, smallest_overlap);
  }
};

struct Outcome {
  Score detections;
  Score tracks;  // each frame, detected or predicted
  std::uint64_t newest_id = 0;
  double milliseconds = 0;  // mean of a detection
  int frames = 0;
};

std::vector<Box> boxes_of(const auto& found) {
  std::vector<Box> boxes;
  for (const auto& one : found) {
    boxes.push_back(one.box);
  }
  return boxes;
}

class Watcher {
 public:
  Watcher(const DemoClip& clip, int step) : clip_(clip), step_(step) {}

  Outcome watch() {
    auto detector = FaceDetector::create({});
    EXPECT_TRUE(detector.ok()) << detector.status();
    detector_ = *std::move(detector);
    ClipReader reader(clip_.path);
    I420Picture picture(1280, 720);
    for (; reader.read(picture); ++run_.frames) {
      if (run_.frames % step_ == 0) {
        detect(picture);
      }
      track(run_.frames >= step_);
    }
    run_.milliseconds /= std::max(1, run_.detections.looks);
    return run_;
  }

 private:
  const Box* truth() const {
    return clip_.truth.empty() ? nullptr : &clip_.truth.at(static_cast<std::size_t>(run_.frames));
  }

  void detect(const I420Picture& picture) {
    const auto start = std::chrono::steady_clock::now();
    detector_->shrink(picture.view(), small_);
    const auto faces = detector_->detect(small_);
    run_.milliseconds +=
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    ASSERT_TRUE(faces.ok());
    run_.detections.count(boxes_of(*faces), truth());
    tracker_.update(*faces, pts_of(run_.frames));
  }

  void track(bool confirmed) {
    const auto tracks = tracker_.tracks_at(pts_of(run_.frames));
    for (const Track& track : tracks) {
      run_.newest_id = std::max(run_.newest_id, track.id);
    }
    if (confirmed) {
      run_.tracks.count(boxes_of(tracks), truth());
    }
  }

  const DemoClip& clip_;
  const int step_;
  std::unique_ptr<FaceDetector> detector_;
  FaceTracker tracker_;
  Picture small_;
  Outcome run_;
};

TEST(FaceDetectionOnTheDemoClip, FindsTheFaceWhereItIs) {
  const DemoClip clip = DemoClip::with_face();
  ASSERT_EQ(clip.truth.size(), std::size_t{kFrames});

  const Outcome outcome = Watcher(clip, chosen_step()).watch();

  outcome.detections.print("demo clip, detections");
  outcome.tracks.print("demo clip, tracked on every frame");
  fmt::print("demo clip: {:.1f} ms a detection\n", outcome.milliseconds);
  EXPECT_EQ(outcome.frames, kFrames);
  EXPECT_GE(outcome.detections.found_share(), 0.95);
  EXPECT_GE(outcome.detections.clean_share(), 0.99);
  EXPECT_GE(outcome.tracks.found_share(), 0.95);
  EXPECT_GE(outcome.tracks.clean_share(), 0.99);
  EXPECT_EQ(outcome.newest_id, 1U) << "the face's track id changed";
}

TEST(FaceDetectionOnTheDemoClip, FollowsTheFaceWhenItIsLookedForThriceASecond) {
  const DemoClip clip = DemoClip::with_face();
  ASSERT_EQ(clip.truth.size(), std::size_t{kFrames});

  const Outcome outcome = Watcher(clip, kThreeASecond).watch();

  outcome.tracks.print("demo clip, three detections a second, tracked on every frame");
  EXPECT_GE(outcome.tracks.found_share(), 0.95);
  EXPECT_GE(outcome.tracks.clean_share(), 0.99);
  EXPECT_EQ(outcome.newest_id, 1U) << "the face's track id changed";
}

TEST(FaceDetectionOnTheDemoClip, FindsNoFaceWhereThereIsNone) {
  const DemoClip clip = DemoClip::without_face();
  ASSERT_FALSE(clip.path.empty());

  const Outcome outcome = Watcher(clip, chosen_step()).watch();

  outcome.detections.print("clip without a face, detections");
  outcome.tracks.print("clip without a face, tracked on every frame");
  fmt::print("clip without a face: {:.1f} ms a detection\n", outcome.milliseconds);
  EXPECT_EQ(outcome.frames, kFrames);
  EXPECT_GE(outcome.detections.clean_share(), 0.99);
  EXPECT_GE(outcome.tracks.clean_share(), 0.99);
}

TEST(FaceDetectionOnTheDemoClip, BlurHidesTheFaceFromAnEagerDetector) {
  const DemoClip clip = DemoClip::with_face();
  auto eager = FaceDetector::create({.scale = 0.5, .min_size = 0.08, .min_neighbours = 2});
  ASSERT_TRUE(eager.ok()) << eager.status();
  ClipReader reader(clip.path);
  I420Picture picture(1280, 720);
  Picture small;
  Painter painter;
  int seen_before = 0;
  int seen_after = 0;
  const auto is_seen = [&](const Box& truth) {
    (*eager)->shrink(picture.view(), small);
    const auto faces = (*eager)->detect(small);
    return std::any_of(faces->begin(), faces->end(),
                       [&](const Face& face) { return overlap(face.box, truth) > 0.2; });
  };

  for (int frame = 0; reader.read(picture); ++frame) {
    if (frame % 20 == 0) {
      const Box& truth = clip.truth.at(static_cast<std::size_t>(frame));
      seen_before += is_seen(truth) ? 1 : 0;
      painter.blur(picture.frame(), truth);
      seen_after += is_seen(truth) ? 1 : 0;
    }
  }

  EXPECT_EQ(seen_before, kFrames / 20);
  EXPECT_EQ(seen_after, 0);
}

}  // namespace
}  // namespace kms::face_detection
