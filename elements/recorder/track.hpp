// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "kms-core/graph/port.hpp"
#include "kms-core/gst/file_muxer.hpp"
#include "kms-core/gst/inlet.hpp"

namespace kms::recorder {

// One sink port of a recorder and what becomes of its media. Control loop.
class Track {
 public:
  // What is told of a track, on streaming threads: handlers post.
  struct Handlers {
    std::function<void(const gst::StreamInfo&)> on_stream;
    std::function<void()> on_arrival;
    std::function<void()> on_writing;  // the first frame goes into the file
    std::function<void()> on_end;      // all that came before the source's end went into the file
  };

  Track(const std::string& name, graph::MediaKind kind, const std::shared_ptr<gst::InletGroup>& group);
  void set_handlers(Handlers handlers);

  gst::Inlet& inlet() const { return *inlet_; }
  graph::SinkPort port(const graph::Formats& accepts) const;
  bool is_video() const { return kind_ == graph::MediaKind::MEDIA_KIND_VIDEO; }

  bool linked = false;
  bool arrived = false;  // its source sends
  bool chosen = false;   // it is in the file
  bool ended = false;    // its source ended, and all is written
  gst::StreamInfo stream = {};

  // No more comes for now: the source ended or is gone.
  bool over() const { return !linked || inlet_->ended(); }
  // What waits is half of what may wait before some is dropped. Unpaced media never is.
  bool piles_up() const;
  gst::FileMuxer::Track plan() const;

  uint64_t frames() const { return counted_->frames; }
  // Media time where its last frame ends; zero when there is none.
  GstClockTime end() const;

 private:
  // Written by the streaming thread.
  struct Counted {
    std::atomic<uint64_t> frames = 0;
    std::atomic<GstClockTime> last = 0;
    std::atomic<GstClockTime> length = 0;  // of the last frame
    std::atomic<bool> has_headers = false;
    void count(GstBuffer* buffer);
  };

  const std::string name_;
  const graph::MediaKind kind_;
  const std::shared_ptr<gst::Inlet> inlet_;
  const gst::Ref<GstElement> element_;  // keeps the inlet until a pipeline does, and after
  const std::shared_ptr<Counted> counted_ = std::make_shared<Counted>();
};

}  // namespace kms::recorder
