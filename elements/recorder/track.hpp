// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "elements/recorder/scribe.hpp"
#include "kms-core/graph/port.hpp"
#include "kms-core/gst/frame_sink.hpp"
#include "kms-core/gst/inlet.hpp"
#include "kms-core/gst/pipeline.hpp"

namespace kms::recorder {

// One sink port of a recorder, and its way to the scribe. Control loop.
class Track {
 public:
  // What is told of a track, on streaming threads: handlers post.
  struct Handlers {
    std::function<void()> on_arrival;
    std::function<void()> on_end;  // all that came before the source's end went on
    std::function<void(const Status&)> on_problem;
  };
  struct Place {
    std::string name;
    graph::MediaKind kind;
    size_t line;  // of the scribe
  };

  Track(const Place& place, const std::shared_ptr<gst::InletGroup>& group);
  void set_handlers(Handlers handlers, const std::shared_ptr<Scribe>& scribe);
  // Its media goes to the scribe as soon as the pipeline runs.
  void add_to(gst::Pipeline& pipeline, const std::shared_ptr<Scribe>& scribe);

  gst::Inlet& inlet() const { return *inlet_; }
  // Whether time stamps are those of the media clock. Not known before media comes.
  enum class Pace { kUnknown, kClock, kUnpaced };
  Pace pace() const { return *pace_; }
  const std::string& name() const { return place_.name; }
  graph::SinkPort port(const graph::Formats& accepts) const;

  bool linked = false;
  bool arrived = false;  // its source sends
  bool ended = false;    // its source ended, and all is written

 private:
  const Place place_;
  const std::shared_ptr<gst::Inlet> inlet_;
  const gst::Ref<GstElement> element_;  // keeps the inlet until a pipeline does, and after
  std::shared_ptr<gst::FrameSink> sink_;
  const std::shared_ptr<std::atomic<Pace>> pace_ = std::make_shared<std::atomic<Pace>>(Pace::kUnknown);
  std::function<void(const Status&)> on_problem_;
};

}  // namespace kms::recorder
