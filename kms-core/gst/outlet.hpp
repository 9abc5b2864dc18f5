// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "kms-core/gst/fan_out.hpp"
#include "kms-core/gst/pacer.hpp"
#include "kms-core/gst/ref.hpp"

namespace kms::gst {

// Where media leaves a strip of GStreamer elements into a FanOut; with a Pacer, at its time. Always answers
// OK upstream: what happens behind it never reaches the source. Streaming thread; made on the control loop.
class Outlet {
 public:
  static std::shared_ptr<Outlet> create(const std::string& name, std::shared_ptr<Pacer> pacer = nullptr);
  Outlet(const Outlet&) = delete;
  Outlet& operator=(const Outlet&) = delete;

  // The GStreamer element, with one sink pad "sink". It keeps this object alive; add it to a bin at once.
  GstElement* element() const { return element_; }
  const std::shared_ptr<FanOut>& fan_out() const { return fan_out_; }

  // True: end of stream is told by on_end() only and not handed on (a player that loops). Default false.
  void hold_end(bool hold) { hold_end_ = hold; }
  // Handler runs on the streaming thread (post!).
  void on_end(std::function<void()> handler) { on_end_ = std::move(handler); }

  // The GStreamer element only.
  GstFlowReturn chain(Ref<GstBuffer> buffer);
  void event(GstEvent* event);
  void set_flushing(bool flushing);

 private:
  explicit Outlet(std::shared_ptr<Pacer> pacer);
  void new_segment(GstEvent* event);
  void ask_for_key_unit();

  GstElement* element_ = nullptr;  // owns us
  Ref<GstPad> pad_;
  const std::shared_ptr<FanOut> fan_out_ = std::make_shared<FanOut>();
  const std::shared_ptr<Pacer> pacer_;
  std::function<void()> on_end_;
  std::atomic<bool> hold_end_ = false;
  std::atomic<bool> flushing_ = false;
  // Streaming thread:
  GstClockTimeDiff shift_ = 0;  // from time stamp to running time
  bool unpaced_ = false;
};

}  // namespace kms::gst
