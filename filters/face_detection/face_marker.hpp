// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "filters/face_detection/drawing.hpp"
#include "filters/face_detection/vision/detection_worker.hpp"
#include "filters/face_detection/vision/face_tracker.hpp"
#include "kms-core/gst/frame_filter.hpp"

namespace kms::face_detection {

// Finds faces in the frames of one video and paints on them. Frames come on the streaming thread; detections
// of live video come from a thread of their own, so that the video never waits for one.
class FaceMarker : public std::enable_shared_from_this<FaceMarker> {
 public:
  struct Settings {
    DetectorOptions detector;
    TrackerOptions tracker;
    double per_second = 10;  // live
    uint32_t every_nth = 0;  // in step with the video; 0: live
    Drawing::Load drawing;   // what is drawn first
  };
  // Told on the streaming or the detecting thread: post.
  struct Listener {
    std::function<void(const v1::FacesDetected&)> faces;
    std::function<void(const Status&)> failed;
  };
  // Runs a task that takes some ten milliseconds somewhere else.
  using RunElsewhere = std::function<void(std::function<void()>)>;
  // Model and image are read when the first frames came: live video runs on meanwhile, a deterministic run
  // waits at the first.
  FaceMarker(const Settings& settings, Listener listener, RunElsewhere elsewhere);

  void process(gst::VideoFrame& video);                      // streaming thread
  void set_drawing(std::shared_ptr<const Drawing> drawing);  // any thread
  void stop();                                               // any thread: nothing is told afterwards
  bool detects() const { return is_ready_; }                 // any thread: its end can wait for a detection

 private:
  void begin(int64_t pts_ns);
  void load();
  void load_drawing();
  void detect(const ConstFrame& frame, int64_t pts_ns);
  void take(const Detection& detection);
  void paint(const Frame& frame, int64_t pts_ns);
  v1::FacesDetected report(const std::vector<Track>& tracks, int64_t pts_ns) const;
  uint64_t number_of(int64_t pts_ns) const;

  const Settings settings_;
  const Listener listener_;
  const RunElsewhere elsewhere_;
  std::atomic<bool> is_ready_ = false;
  std::atomic<bool> stopped_ = false;
  std::unique_ptr<DetectionWorker> worker_;  // set before is_ready_

  // Streaming thread:
  uint64_t frames_ = 0;
  Painter painter_;

  mutable std::mutex mutex_;  // of all below; held for moments
  FaceTracker tracker_;
  std::shared_ptr<const Drawing> drawing_;  // none until the first was loaded or another was set
  bool had_faces_ = false;
  int64_t first_pts_ns_ = 0;
  std::vector<std::pair<int64_t, uint64_t>> numbers_;  // of frames under detection: time stamp and number
};

}  // namespace kms::face_detection
