// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "kms-core/base/wake_up.hpp"
#include "kms-core/gst/ref.hpp"

namespace kms::gst {

// A source element whose live media its owner makes on the element's own streaming thread, whenever it is
// woken or asked to be. The thread begins with start() and ends with the element's pad.
class PushSource {
 public:
  // What there is to hand on goes through push() and push_event(). Answers when to be called again although
  // nobody woke it; nothing: not before.
  using Work = std::function<std::optional<WakeUp::TimePoint>(PushSource&)>;

  static std::shared_ptr<PushSource> create(const std::string& name, Ref<GstCaps> caps, Work work);
  PushSource(const PushSource&) = delete;
  PushSource& operator=(const PushSource&) = delete;

  // The GStreamer element, with one source pad "src". It keeps this object alive; add it to a bin at once.
  GstElement* element() const { return element_; }

  // Any thread but the streaming one. The element need not run yet.
  void start();
  // Rings whenever it is to work. Any thread; never waits, takes no lock, may outlive this object.
  const std::shared_ptr<WakeUp>& bell() const { return bell_; }

  // Before it runs. `handler` is called on the asking thread.
  void on_key_unit_request(std::function<void()> handler) { on_key_unit_request_ = std::move(handler); }

  // Within Work. Time stamps are media time. What becomes of it downstream is not told.
  void push(Ref<GstBuffer> buffer);
  void push_event(GstEvent* event);  // takes the reference

  // The GStreamer element only.
  void activate(GstPad* pad, bool active);
  void loop(GstPad* pad);
  void request_key_unit() {
    if (on_key_unit_request_) on_key_unit_request_();
  }

 private:
  PushSource(Ref<GstCaps> caps, Work work) : caps_(std::move(caps)), work_(std::move(work)) {}
  void begin_stream();

  GstElement* element_ = nullptr;  // owns us
  Ref<GstPad> pad_;
  const Ref<GstCaps> caps_;
  const Work work_;
  const std::shared_ptr<WakeUp> bell_ = std::make_shared<WakeUp>();
  std::function<void()> on_key_unit_request_;
  std::mutex mutex_;
  bool wanted_ = false;               // start() was called; guarded by mutex_
  std::atomic<bool> active_ = false;  // the pad is; written with mutex_ held
  // Streaming thread:
  std::optional<WakeUp::TimePoint> again_;
  bool begun_ = false;
};

}  // namespace kms::gst
