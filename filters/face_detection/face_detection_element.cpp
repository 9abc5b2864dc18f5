// SPDX-License-Identifier: Apache-2.0
#include "filters/face_detection/face_detection_element.hpp"

#include <fmt/format.h>

#include "kms-core/base/config.hpp"
#include "kms-core/base/uri_policy.hpp"
#include "kms-core/graph/catalog.hpp"
#include "kms-core/gst/pipeline.hpp"

namespace kms::face_detection {
namespace {

using LoadedDrawing = Result<std::shared_ptr<const Drawing>>;

constexpr double kDefaultRate = 10;  // detections per second

struct Range {
  double least;
  double most;
};

// A number of the options: 0 is the default, otherwise it must lie in the range.
Status take(const char* field, double value, const Range& range, double& into) {
  if (value == 0) return ok();
  if (!(value >= range.least && value <= range.most)) {
    return graph::invalid_option(field,
                                 fmt::format("{} is not allowed; {} to {}", value, range.least, range.most));
  }
  into = value;
  return ok();
}

Status take_model(const v1::FaceDetectionOptions& options, const Config& config, DetectorOptions& detector) {
  if (options.model_path().empty()) return ok();
  const auto path = UriPolicy(config).readable_file("file://" + options.model_path());
  if (!path.ok()) return path.status();
  detector.model_path = *path;
  return ok();
}

Result<FaceMarker::Settings> read(const v1::FaceDetectionOptions& options, const Config& config) {
  FaceMarker::Settings settings;
  settings.per_second = kDefaultRate;
  settings.every_nth = options.every_nth_frame();
  settings.tracker.smoothing = 0;
  for (const auto& status :
       {take_model(options, config, settings.detector),
        take("detection_scale", options.detection_scale(), {0.05, 1}, settings.detector.scale),
        take("min_size", options.min_size(), {0.02, 1}, settings.detector.min_size),
        take("detections_per_second", options.detections_per_second(), {0.1, 60}, settings.per_second),
        take("smoothing", options.smoothing(), {0, 0.95}, settings.tracker.smoothing),
        FaceDetector::check(settings.detector)}) {
    if (!status.ok()) return status;
  }
  return settings;
}

}  // namespace

Result<std::unique_ptr<graph::Element>> FaceDetectionElement::create(
    graph::ElementHost& host, const v1::FaceDetectionOptions& options) {
  auto settings = read(options, host.config());
  if (!settings.ok()) return settings.status();
  auto drawing = Drawing::prepare(options.drawing(), host.config());
  if (!drawing.ok()) return drawing.status();
  settings->drawing = *std::move(drawing);
  auto parts = gst::make_elements({"videoconvert", "kmsframefilter"});
  if (!parts.ok()) return parts.status();
  auto strip = gst::Strip::create("face-detection", *parts);
  if (!strip.ok()) return strip.status();
  auto element =
      std::unique_ptr<FaceDetectionElement>(new FaceDetectionElement(host));  // its constructor is private
  element->strip_ = std::move(*strip);
  element->frames_ = parts->back();
  element->begin(*settings);
  return element;
}

FaceDetectionElement::~FaceDetectionElement() = default;

void FaceDetectionElement::begin(const FaceMarker::Settings& settings) {
  // Told on streaming and detecting threads, which only post.
  auto* loop = &host().loop();
  auto emit = guard_.wrap([this](const v1::FacesDetected& event) { host().emit(event); });
  auto fail = guard_.wrap([this](const Status& status) { host().fail(status); });
  const FaceMarker::Listener listener{
      [loop, emit](const v1::FacesDetected& event) { loop->post([emit, event]() mutable { emit(event); }); },
      [loop, fail](const Status& status) { loop->post([fail, status]() mutable { fail(status); }); }};
  auto elsewhere = [&workers = host().workers()](std::function<void()> task) {
    workers.run(std::move(task));
  };
  marker_ = std::make_shared<FaceMarker>(settings, listener, elsewhere);
  gst::set_frame_function(frames_.get(), [marker = marker_](auto& frame) { marker->process(frame); });
  ports_.sinks = {{.name = "audio", .kind = kms::v1::MEDIA_KIND_AUDIO},
                  {.name = "video",
                   .kind = kms::v1::MEDIA_KIND_VIDEO,
                   .accepts = {graph::raw()},
                   .media = strip_->inlet()}};
  ports_.sources = {{.name = "audio", .kind = kms::v1::MEDIA_KIND_AUDIO, .reoffers = "audio"},
                    {.name = "video",
                     .kind = kms::v1::MEDIA_KIND_VIDEO,
                     .offers = {graph::raw()},
                     .media = strip_->fan_out()}};
  host().processing().add(strip_->bin(), guard_.wrap([this](const Status& status) { host().fail(status); }));
}

void FaceDetectionElement::set_drawing(const v1::Drawing& options, Done done) {
  auto load = Drawing::prepare(options, host().config());
  if (!load.ok()) return done(load.status());
  auto set = guard_.wrap([this, done = std::move(done)](const LoadedDrawing& drawing) mutable {
    if (drawing.ok()) marker_->set_drawing(*drawing);
    done(drawing.status());
  });
  drawings_.run([load = *std::move(load), loop = &host().loop(), set = std::move(set)]() mutable {
    loop->post([drawing = load(), set = std::move(set)]() mutable { set(drawing); });
  });
}

void FaceDetectionElement::close(Done done) {
  guard_.reset();
  marker_->stop();
  auto gone = [this, done = std::move(done)](const Status& status) mutable {
    // A pipeline that is stuck may be inside it, and keeps its marker.
    if (status.ok()) gst::set_frame_function(frames_.get(), nullptr);
    if (marker_->detects()) host().workers().run([marker = std::move(marker_)]() mutable { marker.reset(); });
    done(status);
  };
  host().processing().remove(strip_->bin(), std::move(gone));
}

}  // namespace kms::face_detection
