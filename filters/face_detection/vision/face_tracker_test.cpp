// SPDX-License-Identifier: Apache-2.0
#include "filters/face_detection/vision/face_tracker.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace kms::face_detection {
namespace {

constexpr std::int64_t kStepNs = 100'000'000;

Face face_at(double x, double y = 0.4, double size = 0.1) { return {{x, y, size, size}, 0.9F}; }

TEST(FaceTracker, TellsAFaceOnlyWhenItCameTwiceInARow) {
  FaceTracker tracker;
  tracker.update({face_at(0.4)}, 0);
  EXPECT_TRUE(tracker.tracks_at(0).empty());

  tracker.update({face_at(0.4)}, kStepNs);

  ASSERT_EQ(tracker.tracks_at(kStepNs).size(), 1U);
  EXPECT_EQ(tracker.tracks_at(kStepNs)[0].first_seen_ns, 0);
}

TEST(FaceTracker, NeverTellsAFaceThatFlashesHereAndThere) {
  FaceTracker tracker;
  for (int i = 0; i < 20; ++i) {
    tracker.update(i % 2 == 0 ? std::vector<Face>{face_at(0.1 + 0.04 * i)} : std::vector<Face>{},
                   i * kStepNs);
    EXPECT_TRUE(tracker.tracks_at(i * kStepNs).empty()) << i;
  }
}

TEST(FaceTracker, KeepsTheIdOfAMovingFace) {
  FaceTracker tracker;
  for (int i = 0; i < 40; ++i) {
    tracker.update({face_at(0.1 + 0.02 * i)}, i * kStepNs);
  }

  const auto tracks = tracker.tracks_at(39 * kStepNs);
  ASSERT_EQ(tracks.size(), 1U);
  EXPECT_EQ(tracks[0].id, 1U);
}

TEST(FaceTracker, KeepsTheIdThroughMissedDetections) {
  FaceTracker tracker({.max_misses = 3});
  tracker.update({face_at(0.4)}, 0);
  tracker.update({face_at(0.4)}, kStepNs);
  for (int i = 2; i < 5; ++i) {
    tracker.update({}, i * kStepNs);
    EXPECT_EQ(tracker.tracks_at(i * kStepNs).size(), 1U) << i;
  }

  tracker.update({face_at(0.41)}, 5 * kStepNs);

  ASSERT_EQ(tracker.tracks_at(5 * kStepNs).size(), 1U);
  EXPECT_EQ(tracker.tracks_at(5 * kStepNs)[0].id, 1U);
}

TEST(FaceTracker, EndsATrackAfterTooManyMissesAndGivesANewIdLater) {
  FaceTracker tracker({.max_misses = 2});
  tracker.update({face_at(0.4)}, 0);
  tracker.update({face_at(0.4)}, kStepNs);
  for (int i = 2; i < 5; ++i) {
    tracker.update({}, i * kStepNs);
  }
  EXPECT_TRUE(tracker.tracks_at(5 * kStepNs).empty());

  tracker.update({face_at(0.4)}, 5 * kStepNs);
  tracker.update({face_at(0.4)}, 6 * kStepNs);

  ASSERT_EQ(tracker.tracks_at(6 * kStepNs).size(), 1U);
  EXPECT_EQ(tracker.tracks_at(6 * kStepNs)[0].id, 2U);
}

TEST(FaceTracker, DoesNotMixUpTwoFacesWhateverTheirOrder) {
  FaceTracker tracker;
  for (int i = 0; i < 20; ++i) {
    std::vector<Face> faces{face_at(0.2 + 0.01 * i), face_at(0.7 - 0.01 * i)};
    if (i % 2 == 1) {
      std::swap(faces[0], faces[1]);
    }
    tracker.update(faces, i * kStepNs);
  }

  const auto tracks = tracker.tracks_at(19 * kStepNs);
  ASSERT_EQ(tracks.size(), 2U);
  EXPECT_NEAR(tracks[0].box.x, 0.39, 0.01);
  EXPECT_NEAR(tracks[1].box.x, 0.51, 0.01);
}

TEST(FaceTracker, GivesANewIdToAFaceElsewhere) {
  FaceTracker tracker;
  for (int i = 0; i < 3; ++i) {
    tracker.update({face_at(0.1)}, i * kStepNs);
  }
  for (int i = 3; i < 5; ++i) {
    tracker.update({face_at(0.1), face_at(0.8)}, i * kStepNs);
  }

  const auto tracks = tracker.tracks_at(4 * kStepNs);
  ASSERT_EQ(tracks.size(), 2U);
  EXPECT_NE(tracks[0].id, tracks[1].id);
}

TEST(FaceTracker, SaysWhereTheFaceIsBetweenDetections) {
  FaceTracker tracker({.smoothing = 0});
  for (int i = 0; i < 10; ++i) {
    tracker.update({face_at(0.2 + 0.02 * i)}, i * kStepNs);
  }

  const auto tracks = tracker.tracks_at(9 * kStepNs + kStepNs / 2);

  ASSERT_EQ(tracks.size(), 1U);
  EXPECT_NEAR(tracks[0].box.x, 0.39, 0.002);
}

TEST(FaceTracker, DoesNotPredictFarAhead) {
  FaceTracker tracker({.smoothing = 0});
  for (int i = 0; i < 10; ++i) {
    tracker.update({face_at(0.02 + 0.03 * i)}, i * kStepNs);
  }

  const auto tracks = tracker.tracks_at(60 * kStepNs);

  ASSERT_EQ(tracks.size(), 1U);
  EXPECT_NEAR(tracks[0].box.x, 0.29 + 0.05, 0.002);  // half a face and no further
}

TEST(FaceTracker, SmoothingCalmsATremblingBox) {
  const auto largest_step = [](double smoothing) {
    FaceTracker tracker({.smoothing = smoothing});
    double last = 0;
    double largest = 0;
    for (int i = 0; i < 40; ++i) {
      tracker.update({face_at(i % 2 == 0 ? 0.40 : 0.41)}, i * kStepNs);
      const auto tracks = tracker.tracks_at(i * kStepNs);
      largest = i > 20 ? std::max(largest, std::abs(tracks.at(0).box.x - last)) : 0;
      last = tracks.empty() ? 0 : tracks[0].box.x;
    }
    return largest;
  };

  EXPECT_NEAR(largest_step(0), 0.01, 1e-9);
  EXPECT_LT(largest_step(0.5), 0.007);
  EXPECT_LT(largest_step(1), 0.004);
}

TEST(FaceTracker, KeepsAFaceThatStaysWhenTimeJumpsBack) {
  FaceTracker tracker;
  for (int i = 100; i < 103; ++i) {
    tracker.update({face_at(0.4)}, i * kStepNs);
  }

  tracker.update({face_at(0.42)}, 0);

  const auto tracks = tracker.tracks_at(0);
  ASSERT_EQ(tracks.size(), 1U);
  EXPECT_EQ(tracks[0].id, 1U);
  EXPECT_NEAR(tracks[0].box.x, 0.42, 1e-9);
}

TEST(FaceTracker, ForgetsTracksButNotTheirIds) {
  FaceTracker tracker({.confirm_hits = 1});
  tracker.update({face_at(0.4)}, 0);
  tracker.reset();
  EXPECT_TRUE(tracker.tracks_at(0).empty());

  tracker.update({face_at(0.4)}, kStepNs);

  EXPECT_EQ(tracker.tracks_at(kStepNs).at(0).id, 2U);
}

}  // namespace
}  // namespace kms::face_detection
