// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "kms-core/gst/ref.hpp"

namespace kms::gst {

// Where raw media leaves GStreamer for code of ours: the end of a chain behind an inlet. Streaming thread;
// what it calls may take its time (whatever is before it waits), and is called by one thread at a time.
class RawSink {
 public:
  struct Handlers {
    std::function<void(bool unpaced)> on_stream;  // a stream begins
    std::function<void(const GstCaps*)> on_caps;  // before the first buffer, and when they change
    std::function<void(const std::string&)>
        on_turned;  // see StreamInfo::orientation; empty: it stands upright
    std::function<void(Ref<GstBuffer>)> on_buffer;
  };
  // Takes media of these caps only.
  static std::shared_ptr<RawSink> create(const std::string& name, const char* caps, Handlers handlers);
  RawSink(const RawSink&) = delete;
  RawSink& operator=(const RawSink&) = delete;

  // The GStreamer element, with one sink pad "sink". It keeps this object alive; add it to a bin at once.
  GstElement* element() const { return element_; }

  // The GStreamer element only.
  void take(Ref<GstBuffer> buffer) { handlers_.on_buffer(std::move(buffer)); }
  void take(GstEvent* event);
  bool answer(GstQuery* query) const;  // false: it is none that concerns it

 private:
  RawSink(Ref<GstCaps> caps, Handlers handlers) : caps_(std::move(caps)), handlers_(std::move(handlers)) {}
  void tell_turned(GstEvent* event) const;

  GstElement* element_ = nullptr;  // owns us
  const Ref<GstCaps> caps_;
  const Handlers handlers_;
};

}  // namespace kms::gst
