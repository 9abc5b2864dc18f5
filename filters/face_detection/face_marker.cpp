// SPDX-License-Identifier: Apache-2.0
#include "filters/face_detection/face_marker.hpp"

#include <google/protobuf/util/time_util.h>

#include <algorithm>

namespace kms::face_detection {
namespace {

// Of live video, the pictures that go on before the model is read: whoever sees them first also starts a
// decoder, an encoder and a connection in these moments.
constexpr uint64_t kFirstPictures = 3;
constexpr size_t kNumbersKept = 256;  // frames since the one under detection, seconds of live video

Frame frame_of(const gst::VideoFrame& video) {
  Frame frame{video.width, video.height, {}};
  for (size_t i = 0; i < frame.planes.size(); ++i) frame.planes[i] = {video.planes[i], video.strides[i]};
  frame.matrix = video.bt709 ? ColourMatrix::kBt709 : ColourMatrix::kBt601;
  return frame;
}

}  // namespace

FaceMarker::FaceMarker(const Settings& settings, Listener listener, RunElsewhere elsewhere)
    : settings_(settings),
      listener_(std::move(listener)),
      elsewhere_(std::move(elsewhere)),
      tracker_(settings.tracker) {}

void FaceMarker::begin(int64_t pts_ns) {
  {
    const std::lock_guard lock(mutex_);
    first_pts_ns_ = pts_ns;
  }
  if (settings_.every_nth > 0) load();
}

void FaceMarker::load_drawing() {
  {
    const std::lock_guard lock(mutex_);
    if (drawing_) return;  // another one was asked for meanwhile
  }
  auto drawing = settings_.drawing();
  if (!drawing.ok()) {
    if (!stopped_) listener_.failed(drawing.status());
    return;
  }
  const std::lock_guard lock(mutex_);
  if (!drawing_) drawing_ = *std::move(drawing);
}

void FaceMarker::load() {
  load_drawing();
  auto detector = FaceDetector::create(settings_.detector);
  if (detector.ok()) {
    worker_ = std::make_unique<DetectionWorker>(std::move(*detector),
                                                WorkerOptions{.per_second = settings_.per_second},
                                                [this](const Detection& detection) { take(detection); });
    is_ready_ = true;
  } else if (!stopped_) {
    listener_.failed(detector.status());
  }
}

void FaceMarker::process(gst::VideoFrame& video) {
  const auto frame = frame_of(video);
  const auto pts_ns = static_cast<int64_t>(video.pts);
  if (frames_ == 0) begin(pts_ns);
  if (frames_ == kFirstPictures && settings_.every_nth == 0) {
    elsewhere_([self = shared_from_this()] { self->load(); });
  }
  if (is_ready_ && !stopped_) detect(as_const(frame), pts_ns);
  paint(frame, pts_ns);
  ++frames_;
}

void FaceMarker::detect(const ConstFrame& frame, int64_t pts_ns) {
  {
    const std::lock_guard lock(mutex_);
    numbers_.emplace_back(pts_ns, frames_);
    if (numbers_.size() > kNumbersKept) numbers_.erase(numbers_.begin());
  }
  if (settings_.every_nth == 0) {
    worker_->submit(frame, pts_ns);
  } else if (frames_ % settings_.every_nth == 0) {
    take(worker_->detect_now(frame, pts_ns));
  }
}

void FaceMarker::take(const Detection& detection) {
  if (stopped_) return;
  if (!detection.status.ok()) return listener_.failed(detection.status);
  v1::FacesDetected event;
  {
    const std::lock_guard lock(mutex_);
    tracker_.update(detection.faces, detection.pts_ns);
    const auto tracks = tracker_.tracks_at(detection.pts_ns);
    if (tracks.empty() && !had_faces_) return;
    had_faces_ = !tracks.empty();
    event = report(tracks, detection.pts_ns);
    std::erase_if(numbers_, [&](const auto& entry) { return entry.first <= detection.pts_ns; });
  }
  listener_.faces(event);
}

uint64_t FaceMarker::number_of(int64_t pts_ns) const {
  const auto found = std::find_if(numbers_.begin(), numbers_.end(),
                                  [&](const auto& entry) { return entry.first == pts_ns; });
  return found == numbers_.end() ? 0 : found->second;
}

v1::FacesDetected FaceMarker::report(const std::vector<Track>& tracks, int64_t pts_ns) const {
  v1::FacesDetected event;
  for (const auto& track : tracks) {
    auto* face = event.add_faces();
    face->set_x(track.box.x);
    face->set_y(track.box.y);
    face->set_width(track.box.width);
    face->set_height(track.box.height);
    face->set_track_id(track.id);
    face->set_confidence(static_cast<double>(track.confidence));
  }
  *event.mutable_frame_time() =
      google::protobuf::util::TimeUtil::NanosecondsToDuration(pts_ns - first_pts_ns_);
  event.set_frame(number_of(pts_ns));
  return event;
}

void FaceMarker::paint(const Frame& frame, int64_t pts_ns) {
  std::shared_ptr<const Drawing> drawing;
  std::vector<Track> tracks;
  {
    const std::lock_guard lock(mutex_);
    drawing = drawing_;
    tracks = tracker_.tracks_at(pts_ns);
  }
  if (!drawing) return;
  for (const auto& track : tracks) drawing->paint(painter_, frame, track.box);
}

void FaceMarker::set_drawing(std::shared_ptr<const Drawing> drawing) {
  const std::lock_guard lock(mutex_);
  drawing_ = std::move(drawing);
}

void FaceMarker::stop() {
  stopped_ = true;
  if (is_ready_) worker_->stop();
}

}  // namespace kms::face_detection
