// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/frame_sink.hpp"

#include <gst/audio/audio.h>

#include <utility>

#include "kms-core/gst/elements.hpp"
#include "kms-core/gst/inlet.hpp"
#include "kms-core/gst/pipeline.hpp"
#include "kms-core/gst/stream_info.hpp"

namespace kms::gst {
namespace {

GstClockTime cut_of(GstBuffer* buffer, unsigned rate) {
  const auto* clipping = gst_buffer_get_audio_clipping_meta(buffer);
  if (clipping == nullptr) return 0;
  if (clipping->format == GST_FORMAT_TIME) return clipping->end;
  const unsigned scale = rate != 0 ? rate : 48000;
  return clipping->format == GST_FORMAT_DEFAULT ? gst_util_uint64_scale(clipping->end, GST_SECOND, scale) : 0;
}

}  // namespace

std::shared_ptr<FrameSink> FrameSink::create(const std::string& name, Handlers handlers) {
  struct Access : FrameSink {
    explicit Access(Handlers h) : FrameSink(std::move(h)) {}
  };
  auto sink = std::make_shared<Access>(std::move(handlers));
  sink->element_ = make_frame_sink_element(name, sink);
  return sink;
}

FrameSink::FrameSink(Handlers handlers)
    : handlers_(std::move(handlers)),
      parser_({.on_caps = [this](GstCaps* caps) { parsed(caps); },
               .on_frame = [this](Ref<GstBuffer> buffer) { frame(std::move(buffer)); }}) {}

void FrameSink::add_to(Pipeline& pipeline, const Inlet& inlet) const {
  gst_pipeline_use_clock(GST_PIPELINE(pipeline.bin()), nullptr);  // nothing here waits for one
  gst_bin_add(pipeline.bin(), inlet.element());
  gst_bin_add(pipeline.bin(), element_);
  gst_element_link(inlet.element(), element_);
}

void FrameSink::take(Ref<GstBuffer> buffer) {
  if (has_headers_ && GST_BUFFER_FLAG_IS_SET(buffer.get(), GST_BUFFER_FLAG_HEADER)) return;
  anew_ = anew_ || GST_BUFFER_FLAG_IS_SET(buffer.get(), GST_BUFFER_FLAG_DISCONT);
  parser_.push(std::move(buffer));
}

void FrameSink::take(GstEvent* event) {
  if (GST_EVENT_TYPE(event) == GST_EVENT_CAPS) new_caps(event);
  if (GST_EVENT_TYPE(event) == GST_EVENT_TAG) new_orientation(event);
  if (GST_EVENT_TYPE(event) != GST_EVENT_EOS) return;
  parser_.end();
  handlers_.on_end();
}

void FrameSink::new_caps(GstEvent* event) {
  GstCaps* caps = nullptr;
  gst_event_parse_caps(event, &caps);
  has_headers_ = starts_with_headers(caps);
  const auto status = parser_.caps(caps);
  if (status.ok()) return;
  known_ = false;
  handlers_.on_problem(status);
}

void FrameSink::parsed(GstCaps* caps) {
  auto format = track_format(caps);
  known_ = format.ok();
  if (!format.ok()) return handlers_.on_problem(format.status());
  format->orientation = format_.orientation;
  format_ = *std::move(format);
  handlers_.on_format(format_);
}

void FrameSink::new_orientation(GstEvent* event) {
  GstTagList* tags = nullptr;
  gst_event_parse_tag(event, &tags);
  char* orientation = nullptr;
  if (gst_tag_list_get_string(tags, GST_TAG_IMAGE_ORIENTATION, &orientation) == FALSE) return;
  format_.orientation = orientation;
  g_free(orientation);
  if (known_) handlers_.on_format(format_);
}

void FrameSink::frame(Ref<GstBuffer> buffer) {
  if (!known_) return;
  auto* data = buffer.get();
  auto time = GST_BUFFER_PTS_IS_VALID(data) ? GST_BUFFER_PTS(data) : GST_BUFFER_DTS(data);
  if (!GST_CLOCK_TIME_IS_VALID(time)) time = last_;
  last_ = time;
  const auto duration = GST_BUFFER_DURATION_IS_VALID(data) ? GST_BUFFER_DURATION(data) : 0;
  const bool key = !format_.video || !GST_BUFFER_FLAG_IS_SET(data, GST_BUFFER_FLAG_DELTA_UNIT);
  const auto cut = format_.video ? 0 : cut_of(data, format_.rate);
  const bool anew = key && std::exchange(anew_, false);
  handlers_.on_frame({std::move(buffer), time, duration, key, anew, cut});
}

}  // namespace kms::gst
