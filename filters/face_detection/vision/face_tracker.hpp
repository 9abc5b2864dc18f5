// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "filters/face_detection/vision/box.hpp"

namespace kms::face_detection {

struct TrackerOptions {
  double smoothing = 0.5;  // 0: boxes as detected; 1: as calm as can be, and as late
  int confirm_hits = 2;    // detections in a row before a face is told: a false face seldom comes twice
  int max_misses = 5;      // detections without the face before its track ends
};

// A face over time. The id is never used again by the same tracker.
struct Track {
  std::uint64_t id = 0;
  Box box;
  float confidence = 0;            // of its newest detection
  std::int64_t first_seen_ns = 0;  // time stamp of the first detection
  std::int64_t last_seen_ns = 0;   // and of the newest
};

// Makes faces that keep their id out of single detections, and says where they are between detections:
// constant velocity, at most kMaxPredictionNs ahead and half a face away. No thread of its own; one thread at
// a time.
class FaceTracker {
 public:
  static constexpr std::int64_t kMaxPredictionNs = 500'000'000;

  explicit FaceTracker(const TrackerOptions& options = {});

  // The outcome of one detection (empty: no face) on the frame with this time stamp. Time may jump back
  // (seek, loop): a face that is still in its place keeps its id.
  void update(const std::vector<Face>& faces, std::int64_t pts_ns);

  // Confirmed tracks as they should be at this time, oldest first. Boxes lie inside the frame.
  std::vector<Track> tracks_at(std::int64_t pts_ns) const;

  void reset();  // forgets all tracks; ids go on

 private:
  using State = std::array<double, 4>;  // centre x and y, width, height

  struct Candidate {
    Track track;  // id 0 until confirmed
    State state{};
    State velocity{};  // per second
    int hits = 0;
    int misses = 0;
  };

  struct Pair {
    double likeness;
    std::size_t candidate;
    std::size_t face;
  };

  static State state_of(const Box& box);
  static Box predicted_box(const Candidate& candidate, std::int64_t pts_ns);
  std::vector<Pair> likely_pairs(const std::vector<Face>& faces, std::int64_t pts_ns) const;
  void correct(Candidate& candidate, const Face& face, std::int64_t pts_ns);
  void begin(const Face& face, std::int64_t pts_ns);
  void confirm(Candidate& candidate);

  const TrackerOptions options_;
  std::vector<Candidate> candidates_;
  std::uint64_t next_id_ = 1;
};

}  // namespace kms::face_detection
