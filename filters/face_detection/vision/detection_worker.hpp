// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "filters/face_detection/vision/face_detector.hpp"

namespace kms::face_detection {

// The outcome of looking at one frame.
struct Detection {
  std::int64_t pts_ns = 0;  // the frame's
  std::vector<Face> faces;
  Status status;  // DETECTION_FAILED: the faces are not known
  std::chrono::nanoseconds took{};
};

struct WorkerOptions {
  double per_second =
      0;  // at most as many frames of a second (of time stamps) are looked at; 0: as many as it can
  std::chrono::milliseconds idle{1000};  // without a frame for so long the thread ends
};

struct WorkerStatistics {
  std::uint64_t submitted = 0;  // frames given, also those that came too soon after one that was taken
  std::uint64_t too_soon = 0;   // left alone because of per_second
  std::uint64_t skipped = 0;    // replaced by a newer frame before the detector was free
  std::uint64_t done = 0;
  std::uint64_t failed = 0;  // of done
  std::chrono::nanoseconds last{};
  std::chrono::nanoseconds total{};  // of done; total / done is the mean
};

// Runs a detector beside the video: the newest frame waits in one slot, one thread takes it from there, and
// the thread is there only while frames come. One thread submits; any may ask for statistics or stop.
class DetectionWorker {
 public:
  // Called on the worker's thread, one at a time, in the order of frames. May call stop(), must not destroy
  // the worker.
  using Callback = std::function<void(const Detection&)>;

  DetectionWorker(std::unique_ptr<FaceDetector> detector, const WorkerOptions& options, Callback callback);
  ~DetectionWorker();  // stops; waits for a detection in progress

  DetectionWorker(const DetectionWorker&) = delete;
  DetectionWorker& operator=(const DetectionWorker&) = delete;

  // Keeps a small copy of the frame and returns; never waits for a detection. Ignored after stop().
  void submit(const ConstFrame& frame, std::int64_t pts_ns);

  // Looks at this frame now, on the caller's thread: for every n-th frame of a deterministic run. Does not
  // call back and heeds no rate; waits for a detection in progress. The submitting thread's, as submit().
  Detection detect_now(const ConstFrame& frame, std::int64_t pts_ns);

  // After it returns there are no more callbacks. Waits for a callback in progress, not for a detection.
  void stop();

  WorkerStatistics statistics() const;
  bool has_thread() const;  // frames came lately

 private:
  struct Job {
    Picture picture;
    std::int64_t pts_ns = 0;
  };

  bool wanted(std::int64_t pts_ns);
  void wake_thread();
  void run();
  bool take_job(Job& job);
  Detection look(const Picture& picture, std::int64_t pts_ns);
  void deliver(const Detection& detection);

  const WorkerOptions options_;
  const Callback callback_;
  const std::unique_ptr<FaceDetector> detector_;
  std::mutex detector_mutex_;  // held while the detector looks
  Job incoming_;               // the submitter's; swapped with waiting_

  mutable std::mutex mutex_;  // of all below; held for moments
  std::condition_variable changed_;
  Job waiting_;
  bool has_waiting_ = false;
  bool stopping_ = false;
  bool alive_ = false;  // the thread runs and will look at waiting_ again
  bool calling_ = false;
  bool took_any_ = false;
  std::int64_t taken_pts_ns_ = 0;  // of the newest frame that was not too soon
  WorkerStatistics statistics_;
  std::thread thread_;
};

}  // namespace kms::face_detection
