// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "kms-core/gst/ref.hpp"

namespace kms::gst {

// A sink element that gives what comes to its owner, at once and on the streaming thread: no clock, no
// preroll, nothing kept.
class BatchSink {
 public:
  struct Handlers {
    std::function<void(GstBuffer*)> on_buffer;
    // After the last buffer of those that came in one call.
    std::function<void()> on_batch;
  };
  static std::shared_ptr<BatchSink> create(const std::string& name, Handlers handlers);
  BatchSink(const BatchSink&) = delete;
  BatchSink& operator=(const BatchSink&) = delete;

  // The GStreamer element, with one sink pad "sink". It keeps this object alive; add it to a bin at once.
  GstElement* element() const { return element_; }

  // The GStreamer element only.
  void take(GstBuffer* buffer);
  void take(GstBufferList* buffers);

 private:
  explicit BatchSink(Handlers handlers) : handlers_(std::move(handlers)) {}

  GstElement* element_ = nullptr;  // owns us
  const Handlers handlers_;
};

}  // namespace kms::gst
