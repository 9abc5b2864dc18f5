// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "kms-core/gst/frame_parser.hpp"
#include "kms-core/gst/ref.hpp"
#include "kms-core/gst/track_format.hpp"

namespace kms::gst {

class Inlet;
class Pipeline;

// A frame on its way into a container. Times in nanoseconds, as they came.
struct Frame {
  Ref<GstBuffer> data;
  GstClockTime time = 0;      // when it is shown
  GstClockTime duration = 0;  // 0: not known
  bool key = true;            // decoding can begin with it
  bool anew =
      false;  // a key frame that does not follow what came before: something is missing, or is another's
  GstClockTime cut = 0;  // of sound: how much of its end is not to be heard
};

// Where encoded media leaves GStreamer for a container: an inlet's end that gives whole frames, in a form
// that containers hold, with their format before them. Streaming thread; what it calls may take its time (an
// inlet's queue is before it), and is called by that one thread only.
class FrameSink {
 public:
  struct Handlers {
    std::function<void(const TrackFormat&)> on_format;  // before the first frame, and when it changes
    std::function<void(Frame)> on_frame;
    std::function<void()> on_end;
    std::function<void(const Status&)> on_problem;  // the stream's frames are left out
  };
  static std::shared_ptr<FrameSink> create(const std::string& name, Handlers handlers);
  FrameSink(const FrameSink&) = delete;
  FrameSink& operator=(const FrameSink&) = delete;

  // Puts it and an inlet that leads to it into a pipeline, which keeps both alive. Once, on the control loop.
  void add_to(Pipeline& pipeline, const Inlet& inlet) const;

  // The GStreamer element only.
  void take(Ref<GstBuffer> buffer);
  void take(GstEvent* event);

 private:
  explicit FrameSink(Handlers handlers);
  void new_caps(GstEvent* event);
  void parsed(GstCaps* caps);
  void frame(Ref<GstBuffer> buffer);
  void new_orientation(GstEvent* event);

  GstElement* element_ = nullptr;  // owns us
  const Handlers handlers_;
  FrameParser parser_;
  TrackFormat format_;
  bool known_ = false;        // format_ is
  bool has_headers_ = false;  // the stream begins with buffers that are no frames
  bool anew_ = true;          // the next key frame
  GstClockTime last_ = 0;
};

}  // namespace kms::gst
