// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kms-core/gst/fan_out.hpp"
#include "kms-core/gst/inlet.hpp"
#include "kms-core/gst/outlet.hpp"
#include "tests/support/waiting.hpp"

namespace kms::test {

// What came out of an inlet.
struct Frame {
  GstClockTime pts;
  GstClockTime dts;
  GstClockTime duration;
  GstClockTime came;  // media clock
  size_t bytes;
  bool key;
  bool decode_only;
  std::string first_bytes;  // at most 8
  size_t digest;            // of all bytes
};

// A mixer leaves out periods that it is 100 ms behind with: no thread of it has stood aside for so long where
// each frame comes sooner after its time.
constexpr GstClockTime kHeldUp = 90 * GST_MSECOND;
// The most that one of them came after its time.
GstClockTime latest(const std::vector<Frame>& frames);

// A sink at the end of a link: an inlet in a little running pipeline, and a record of what came.
class Taker {
 public:
  struct Options {
    std::string chain = {};  // between the inlet and the end, in gst-launch syntax
    std::shared_ptr<gst::InletGroup> group = {};
    std::function<void()> before_frame = [] {};  // streaming thread; may block
    bool direct = false;                         // see Inlet::set_direct()
  };
  explicit Taker(const std::string& name) : Taker(name, Options{}) {}
  Taker(const std::string& name, Options options);
  ~Taker();

  const std::shared_ptr<gst::Inlet>& inlet() const { return inlet_; }

  std::vector<Frame> frames() const { return seen_.copy().frames; }
  std::string caps() const { return seen_.copy().caps; }  // of the last stream
  size_t ends() const { return seen_.copy().ends; }
  bool wait_frames(size_t count) const;
  bool wait_for(const std::function<bool(const std::vector<Frame>&)>& fits) const;
  bool wait_end(size_t count = 1) const;

  // Takes the end pad down and up again, as a pipeline that is stopped and started.
  void restart();

 private:
  struct Seen {
    std::vector<Frame> frames;
    std::string caps;
    size_t ends = 0;
  };
  void watch(GstPad* pad);

  const Options options_;
  gst::Ref<GstElement> pipeline_;
  std::shared_ptr<gst::Inlet> inlet_;
  std::shared_ptr<gst::Outlet> end_;  // a sink of GStreamer's would take no stream after an end
  Watched<Seen> seen_;
};

}  // namespace kms::test
