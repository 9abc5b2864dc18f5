// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "kms-core/base/guard.hpp"
#include "kms-core/base/loop.hpp"
#include "kms-core/base/worker_pool.hpp"
#include "kms-core/gst/ref.hpp"

namespace kms::gst {

// A GStreamer pipeline of a session. Lives on a control loop; everything that can block runs on the worker
// pool, one call after the other. A call past its deadline puts the pipeline in quarantine: the call is
// answered with DEADLINE_EXCEEDED/PIPELINE_STUCK, so is every later one, and the pipeline is left alone until
// it returns.
class Pipeline {
 public:
  struct Where {
    Loop& loop;
    WorkerPool& workers;
    std::chrono::milliseconds deadline{10000};
  };
  Pipeline(const std::string& name, const Where& where);
  ~Pipeline();  // brought to NULL on a worker
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  GstBin* bin() const;
  Loop& loop() const { return where_.loop; }

  // State changes; `done` on the loop. Answers OK as soon as GStreamer took the change (it may go on by
  // itself).
  void start(Done done);
  void stop(Done done);

  // Takes an element in and brings it to the pipeline's state; takes it out, brought to NULL. What the
  // element reports as an error goes to `on_error` (loop); without one, and for all else, to the pipeline's
  // own handler. In quarantine nothing is taken in: `on_error` is told PIPELINE_STUCK before add() returns.
  void add(const Ref<GstElement>& element, std::function<void(const Status&)> on_error = nullptr);
  void remove(const Ref<GstElement>& element, Done done);

  // A call that can block (a seek), in order with the others.
  void run(absl::AnyInvocable<Status(GstElement*)> call, Done done);

  // After a message that some latency has changed.
  void recalculate_latency();

  void on_error(std::function<void(const Status&)> handler) { on_error_ = std::move(handler); }
  // Messages other than errors and changes of state; loop.
  void on_message(std::function<void(GstMessage*)> handler) { on_message_ = std::move(handler); }

  bool stuck() const;
  // Pipelines in quarantine now, in this process. Any thread.
  static unsigned quarantined();

 private:
  struct Core;
  void watch_bus();
  void take_message(GstMessage* message);
  void take_error(GstMessage* message);

  const Where where_;
  std::shared_ptr<Core> core_;  // shared with the worker that runs a call
  GSource* bus_watch_ = nullptr;
  std::map<GstElement*, std::function<void(const Status&)>> owners_;
  std::function<void(const Status&)> on_error_;
  std::function<void(GstMessage*)> on_message_;
  Guard guard_;
};

}  // namespace kms::gst
