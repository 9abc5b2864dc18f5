// SPDX-License-Identifier: Apache-2.0
#include "filters/face_detection/vision/face_tracker.hpp"

#include <algorithm>
#include <cmath>

namespace kms::face_detection {
namespace {

constexpr double kMaxGapSeconds = 1.0;      // beyond, and backwards, the old velocity says nothing
constexpr double kSmoothingSeconds = 0.25;  // time constant at smoothing 1
constexpr double kMaxSpeed = 4.0;           // faces' own sizes per second
constexpr double kMaxPredictedShift = 0.5;
constexpr double kMaxSizeRatio = 2.0;  // between two detections of one face
constexpr double kMaxDistance = 1.0;   // in face sizes, between prediction and detection

double seconds(std::int64_t from_ns, std::int64_t to_ns) {
  return static_cast<double>(to_ns - from_ns) * 1e-9;
}

// The share of a surprise that is believed. Smoothing is a time, not a number of detections, so that a face
// that is looked for thrice a second is followed as well as one that is looked for in each frame.
double gain(double smoothing, double gap_seconds) {
  return smoothing > 0 ? 1 - std::exp(-gap_seconds / (smoothing * kSmoothingSeconds)) : 1;
}

// How well a detection fits a prediction: overlap plus nearness, 0 to 2; 0 when it cannot be the same face.
double likeness(const Box& a, const Box& b) {
  const double ratio = a.width / b.width;
  if (!(ratio < kMaxSizeRatio && ratio > 1 / kMaxSizeRatio)) {
    return 0;
  }
  const double across = 2 * std::abs(a.centre_x() - b.centre_x()) / (a.width + b.width);
  const double down = 2 * std::abs(a.centre_y() - b.centre_y()) / (a.height + b.height);
  const double distance = std::hypot(across, down) / kMaxDistance;
  return distance < 1 ? overlap(a, b) + 1 - distance : 0;
}

}  // namespace

FaceTracker::FaceTracker(const TrackerOptions& options) : options_(options) {}

void FaceTracker::reset() { candidates_.clear(); }

FaceTracker::State FaceTracker::state_of(const Box& box) {
  return {box.centre_x(), box.centre_y(), box.width, box.height};
}

Box FaceTracker::predicted_box(const Candidate& candidate, std::int64_t pts_ns) {
  const std::int64_t ahead_ns =
      std::clamp<std::int64_t>(pts_ns - candidate.track.last_seen_ns, -kMaxPredictionNs, kMaxPredictionNs);
  const double ahead = seconds(0, ahead_ns);
  State at = candidate.state;
  for (std::size_t i = 0; i < at.size(); ++i) {
    const double limit = kMaxPredictedShift * candidate.state[2 + i % 2];
    at[i] += std::clamp(candidate.velocity[i] * ahead, -limit, limit);
  }
  return {at[0] - at[2] / 2, at[1] - at[3] / 2, at[2], at[3]};
}

std::vector<FaceTracker::Pair> FaceTracker::likely_pairs(const std::vector<Face>& faces,
                                                         std::int64_t pts_ns) const {
  std::vector<Pair> pairs;
  for (std::size_t c = 0; c < candidates_.size(); ++c) {
    const Box expected = predicted_box(candidates_[c], pts_ns);
    for (std::size_t f = 0; f < faces.size(); ++f) {
      if (const double value = likeness(expected, faces[f].box); value > 0) {
        pairs.push_back({value, c, f});
      }
    }
  }
  std::stable_sort(pairs.begin(), pairs.end(),
                   [](const Pair& a, const Pair& b) { return a.likeness > b.likeness; });
  return pairs;
}

void FaceTracker::update(const std::vector<Face>& faces, std::int64_t pts_ns) {
  std::vector<bool> face_taken(faces.size(), false);
  std::vector<bool> candidate_taken(candidates_.size(), false);
  for (const Pair& pair : likely_pairs(faces, pts_ns)) {
    if (!face_taken[pair.face] && !candidate_taken[pair.candidate]) {
      face_taken[pair.face] = candidate_taken[pair.candidate] = true;
      correct(candidates_[pair.candidate], faces[pair.face], pts_ns);
    }
  }
  for (std::size_t c = 0; c < candidate_taken.size(); ++c) {
    candidates_[c].misses = candidate_taken[c] ? 0 : candidates_[c].misses + 1;
  }
  std::erase_if(candidates_, [this](const Candidate& candidate) {
    return candidate.misses > (candidate.track.id == 0 ? 0 : options_.max_misses);
  });
  for (std::size_t f = 0; f < faces.size(); ++f) {
    if (!face_taken[f]) {
      begin(faces[f], pts_ns);
    }
  }
}

// An alpha-beta filter per coordinate; its gains follow from the smoothing (beta as for a critically damped
// one).
void FaceTracker::correct(Candidate& candidate, const Face& face, std::int64_t pts_ns) {
  const State measured = state_of(face.box);
  const double gap = seconds(candidate.track.last_seen_ns, pts_ns);
  const bool continuous = gap > 0 && gap <= kMaxGapSeconds;
  const double alpha = continuous ? gain(options_.smoothing, gap) : 1;
  const double beta = candidate.hits == 1 ? alpha : alpha * alpha / (2 - alpha);
  const State expected = state_of(predicted_box(candidate, pts_ns));
  for (std::size_t i = 0; i < measured.size(); ++i) {
    const double surprise = measured[i] - expected[i];
    const double limit = kMaxSpeed * measured[2 + i % 2];
    candidate.state[i] = expected[i] + alpha * surprise;
    candidate.velocity[i] =
        continuous ? std::clamp(candidate.velocity[i] + beta * surprise / gap, -limit, limit) : 0;
  }
  candidate.track.confidence = face.confidence;
  candidate.track.last_seen_ns = pts_ns;
  ++candidate.hits;
  confirm(candidate);
}

void FaceTracker::begin(const Face& face, std::int64_t pts_ns) {
  Candidate candidate;
  candidate.state = state_of(face.box);
  candidate.track.confidence = face.confidence;
  candidate.track.first_seen_ns = candidate.track.last_seen_ns = pts_ns;
  candidate.hits = 1;
  confirm(candidate);
  candidates_.push_back(candidate);
}

void FaceTracker::confirm(Candidate& candidate) {
  if (candidate.track.id == 0 && candidate.hits >= options_.confirm_hits) {
    candidate.track.id = next_id_++;
  }
}

std::vector<Track> FaceTracker::tracks_at(std::int64_t pts_ns) const {
  std::vector<Track> tracks;
  for (const Candidate& candidate : candidates_) {
    if (candidate.track.id != 0) {
      tracks.push_back(candidate.track);
      tracks.back().box = inside_frame(predicted_box(candidate, pts_ns));
    }
  }
  return tracks;
}

}  // namespace kms::face_detection
