// SPDX-License-Identifier: Apache-2.0
#include "filters/face_detection/vision/detection_worker.hpp"

#include <unistd.h>

#include <utility>

#include "kms-core/base/thread_times.hpp"

namespace kms::face_detection {
namespace {

// Where the processors are busy, detections become rarer and pictures do not. Linux: of this thread alone.
void yield_to_the_video() { static_cast<void>(nice(10)); }

}  // namespace

DetectionWorker::DetectionWorker(std::unique_ptr<FaceDetector> detector, const WorkerOptions& options,
                                 Callback callback)
    : options_(options), callback_(std::move(callback)), detector_(std::move(detector)) {}

DetectionWorker::~DetectionWorker() {
  stop();
  if (thread_.joinable()) {
    thread_.join();
  }
}

void DetectionWorker::submit(const ConstFrame& frame, std::int64_t pts_ns) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || !wanted(pts_ns)) {
      return;
    }
  }
  detector_->shrink(frame, incoming_.picture);
  incoming_.pts_ns = pts_ns;
  const std::lock_guard lock(mutex_);
  if (stopping_) {
    return;
  }
  std::swap(incoming_, waiting_);
  statistics_.skipped += has_waiting_ ? 1 : 0;
  has_waiting_ = true;
  wake_thread();
}

// Whether the rate allows this frame. A frame from before the last one (seek, loop) starts a new count.
bool DetectionWorker::wanted(std::int64_t pts_ns) {
  ++statistics_.submitted;
  if (options_.per_second > 0 && took_any_ && pts_ns >= taken_pts_ns_) {
    // A quarter of a millisecond of grace: time stamps are rounded.
    const auto interval_ns = static_cast<std::int64_t>(1e9 / options_.per_second) - 250'000;
    if (pts_ns - taken_pts_ns_ < interval_ns) {
      ++statistics_.too_soon;
      return false;
    }
  }
  took_any_ = true;
  taken_pts_ns_ = pts_ns;
  return true;
}

void DetectionWorker::wake_thread() {
  if (!alive_) {
    if (thread_.joinable()) {
      thread_.join();  // it left run() for want of frames; nothing more than its return is waited for
    }
    alive_ = true;
    thread_ = std::thread([this] { run(); });
  }
  changed_.notify_all();
}

void DetectionWorker::run() {
  name_thread("face-detection");
  yield_to_the_video();
  Job job;
  while (take_job(job)) {
    deliver(look(job.picture, job.pts_ns));
  }
}

// Waits for a frame. False: none came for long, or the worker stops; the thread then touches nothing any
// more.
bool DetectionWorker::take_job(Job& job) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, options_.idle, [this] { return has_waiting_ || stopping_; });
  if (stopping_ || !has_waiting_) {
    alive_ = false;
    return false;
  }
  std::swap(job, waiting_);
  has_waiting_ = false;
  return true;
}

Detection DetectionWorker::look(const Picture& picture, std::int64_t pts_ns) {
  Detection detection{pts_ns, {}, ok(), {}};
  const std::lock_guard looking(detector_mutex_);
  const auto start = std::chrono::steady_clock::now();
  auto faces = detector_->detect(picture);
  detection.took = std::chrono::steady_clock::now() - start;
  if (faces.ok()) {
    detection.faces = *std::move(faces);
  } else {
    detection.status = faces.status();
  }
  const std::lock_guard lock(mutex_);
  ++statistics_.done;
  statistics_.failed += detection.status.ok() ? 0 : 1;
  statistics_.last = detection.took;
  statistics_.total += detection.took;
  return detection;
}

void DetectionWorker::deliver(const Detection& detection) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      return;
    }
    calling_ = true;
  }
  callback_(detection);
  const std::lock_guard lock(mutex_);
  calling_ = false;
  changed_.notify_all();
}

Detection DetectionWorker::detect_now(const ConstFrame& frame, std::int64_t pts_ns) {
  {
    const std::lock_guard lock(mutex_);
    ++statistics_.submitted;
  }
  detector_->shrink(frame, incoming_.picture);
  return look(incoming_.picture, pts_ns);
}

void DetectionWorker::stop() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
  if (thread_.get_id() != std::this_thread::get_id()) {
    changed_.wait(lock, [this] { return !calling_; });
  }
}

WorkerStatistics DetectionWorker::statistics() const {
  const std::lock_guard lock(mutex_);
  return statistics_;
}

bool DetectionWorker::has_thread() const {
  const std::lock_guard lock(mutex_);
  return alive_;
}

}  // namespace kms::face_detection
