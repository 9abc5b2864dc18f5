// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "kms-core/base/status.hpp"
#include "kms-core/gst/ref.hpp"

namespace kms::gst {

// Makes of encoded media what containers want: whole frames, with the decoder's configuration beside them and
// not in them. What is so already goes through untouched; for the rest it runs one of GStreamer's parsers,
// outside of any pipeline, on the thread that calls. Another codec gets another parser. One thread.
class FrameParser {
 public:
  struct Handlers {
    std::function<void(GstCaps*)> on_caps;
    std::function<void(Ref<GstBuffer>)> on_frame;
  };
  explicit FrameParser(Handlers handlers) : handlers_(std::move(handlers)) {}
  ~FrameParser() { drop(); }
  FrameParser(const FrameParser&) = delete;
  FrameParser& operator=(const FrameParser&) = delete;

  // Errors: PLUGIN_MISSING.
  Status caps(GstCaps* caps);
  void push(Ref<GstBuffer> buffer);
  // Gives out what it still holds.
  void end();

 private:
  Status make(const std::string& factory, const char* wanted);
  void drop();
  static GstFlowReturn chain(GstPad* pad, GstObject* parent, GstBuffer* buffer);
  static gboolean event(GstPad* pad, GstObject* parent, GstEvent* event);

  const Handlers handlers_;
  std::string factory_;  // of the parser; empty: none
  Ref<GstElement> parser_;
  Ref<GstPad> to_;    // ours, linked to the parser's sink pad
  Ref<GstPad> from_;  // ours, where the parser's source pad leads
  bool has_segment_ = false;
};

}  // namespace kms::gst
