// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "kms-core/base/wake_up.hpp"
#include "kms-core/gst/fan_out.hpp"

namespace kms::gst {

// Keeps takers going while their source is away: hands one frame per line to its fan-out again and again,
// from a thread of its own. Nobody else may push into these meanwhile.
class GapFiller {
 public:
  struct Line {
    std::shared_ptr<FanOut> to;
    Ref<GstBuffer> frame;    // can be decoded by itself
    GstClockTime period;     // nanoseconds; its duration, too
    StreamInfo stream = {};  // without caps: that of the fan-out stays
  };
  explicit GapFiller(std::vector<Line> lines);
  ~GapFiller();
  GapFiller(const GapFiller&) = delete;
  GapFiller& operator=(const GapFiller&) = delete;

  // Waits until the last frame was taken, a moment: on a worker. Where it got to, media time. Once.
  GstClockTime stop();

 private:
  void work();
  void push(size_t line, GstClockTime time);

  const std::vector<Line> lines_;
  WakeUp bell_;
  std::atomic<bool> stopping_ = false;
  GstClockTime end_ = 0;  // the thread's, then stop()'s
  std::thread thread_;
};

}  // namespace kms::gst
