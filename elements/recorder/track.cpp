// SPDX-License-Identifier: Apache-2.0
#include "elements/recorder/track.hpp"

#include <utility>

namespace kms::recorder {
namespace {

// A live source's media that waits while a disk hesitates.
constexpr uint32_t kPatienceFrames = 4096;
constexpr uint64_t kPatienceBytes = 64U << 20;

}  // namespace

Track::Track(const Place& place, const std::shared_ptr<gst::InletGroup>& group)
    : place_(place),
      inlet_(gst::Inlet::create(place.name, group)),
      element_(gst::Ref<GstElement>::sink(inlet_->element())) {
  inlet_->set_patience(kPatienceFrames, kPatienceBytes);
  inlet_->set_rising();
  inlet_->set_flagging();
  inlet_->hold_end();
}

void Track::set_handlers(Handlers handlers, const std::shared_ptr<Scribe>& scribe) {
  inlet_->on_stream(
      [pace = pace_](const gst::StreamInfo& info) { *pace = info.unpaced ? Pace::kUnpaced : Pace::kClock; });
  inlet_->on_arrival(std::move(handlers.on_arrival));
  inlet_->on_end([scribe, line = place_.line, tell = std::move(handlers.on_end)] {
    scribe->rest(line);
    tell();
  });
  on_problem_ = std::move(handlers.on_problem);
}

void Track::add_to(gst::Pipeline& pipeline, const std::shared_ptr<Scribe>& scribe) {
  const auto line = place_.line;
  sink_ = gst::FrameSink::create(
      place_.name + "-frames",
      {.on_format = [scribe, line](const gst::TrackFormat& format) { scribe->format(line, format); },
       .on_frame = [scribe, line, pace = pace_](
                       gst::Frame frame) { scribe->frame(line, std::move(frame), *pace == Pace::kUnpaced); },
       .on_end = [scribe, line] { scribe->end(line); },
       .on_problem = on_problem_});
  sink_->add_to(pipeline, *inlet_);
}

graph::SinkPort Track::port(const graph::Formats& accepts) const {
  return {place_.name, place_.kind, accepts, inlet_};
}

}  // namespace kms::recorder
