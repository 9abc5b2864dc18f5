// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/raw_sink.hpp"

#include <gst/video/video.h>

#include "kms-core/gst/elements.hpp"

namespace kms::gst {

std::shared_ptr<RawSink> RawSink::create(const std::string& name, const char* caps, Handlers handlers) {
  struct Access : RawSink {
    Access(Ref<GstCaps> c, Handlers h) : RawSink(std::move(c), std::move(h)) {}
  };
  auto sink = std::make_shared<Access>(Ref<GstCaps>::adopt(gst_caps_from_string(caps)), std::move(handlers));
  sink->element_ = make_raw_sink_element(name, sink);
  return sink;
}

void RawSink::take(GstEvent* event) {
  if (GST_EVENT_TYPE(event) == GST_EVENT_STREAM_START) handlers_.on_stream(says_unpaced(event));
  if (GST_EVENT_TYPE(event) == GST_EVENT_TAG && handlers_.on_turned) tell_turned(event);
  if (GST_EVENT_TYPE(event) != GST_EVENT_CAPS) return;
  GstCaps* caps = nullptr;
  gst_event_parse_caps(event, &caps);
  handlers_.on_caps(caps);
}

void RawSink::tell_turned(GstEvent* event) const {
  GstTagList* tags = nullptr;
  gst_event_parse_tag(event, &tags);
  char* orientation = nullptr;
  if (gst_tag_list_get_string(tags, GST_TAG_IMAGE_ORIENTATION, &orientation) == FALSE) return;
  handlers_.on_turned(orientation);
  g_free(orientation);
}

bool RawSink::answer(GstQuery* query) const {
  if (GST_QUERY_TYPE(query) == GST_QUERY_ALLOCATION) {
    gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr);  // strides are read from it
    return true;
  }
  if (GST_QUERY_TYPE(query) != GST_QUERY_CAPS) return false;
  GstCaps* filter = nullptr;
  gst_query_parse_caps(query, &filter);
  const auto result =
      filter == nullptr
          ? caps_
          : Ref<GstCaps>::adopt(gst_caps_intersect_full(filter, caps_.get(), GST_CAPS_INTERSECT_FIRST));
  gst_query_set_caps_result(query, result.get());
  return true;
}

}  // namespace kms::gst
