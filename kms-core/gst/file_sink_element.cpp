// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/file_sink_element.hpp"

#include <gst/base/gstbasesink.h>

#include <cerrno>

#include "kms-core/gst/file_sink.hpp"

namespace kms::gst {
namespace {

struct SinkElement {
  GstBaseSink parent;
  std::shared_ptr<FileSink> sink;
};
struct SinkClass {
  GstBaseSinkClass parent;
};

GstStaticPadTemplate sink_template = {"sink", GST_PAD_SINK, GST_PAD_ALWAYS, {nullptr, "ANY", {}}};

FileSink& sink_of(GstBaseSink* base) { return *reinterpret_cast<SinkElement*>(base)->sink; }
GstBaseSinkClass* parent_class() { return GST_BASE_SINK_CLASS(g_type_class_peek(GST_TYPE_BASE_SINK)); }

bool succeeded(GstBaseSink* base, int failure) {
  if (failure == 0) return true;
  // EFBIG: the process or the file system allows no longer file.
  const bool full = failure == ENOSPC || failure == EDQUOT || failure == EFBIG;
  const auto code = full ? GST_RESOURCE_ERROR_NO_SPACE_LEFT : GST_RESOURCE_ERROR_WRITE;
  gst_element_message_full(GST_ELEMENT(base), GST_MESSAGE_ERROR, GST_RESOURCE_ERROR, code,
                           g_strdup_printf("The file cannot be written: %s", g_strerror(failure)), nullptr,
                           __FILE__, __func__, __LINE__);
  return false;
}

GstFlowReturn render(GstBaseSink* base, GstBuffer* buffer) {
  const bool fine = succeeded(base, sink_of(base).write(Ref<GstBuffer>::share(buffer)));
  return fine ? GST_FLOW_OK : GST_FLOW_ERROR;
}

gboolean handle_event(GstBaseSink* base, GstEvent* event) {
  bool fine = true;
  if (GST_EVENT_TYPE(event) == GST_EVENT_SEGMENT) {
    const GstSegment* segment = nullptr;
    gst_event_parse_segment(event, &segment);
    if (segment->format == GST_FORMAT_BYTES) fine = succeeded(base, sink_of(base).seek(segment->start));
  } else if (GST_EVENT_TYPE(event) == GST_EVENT_EOS) {
    fine = succeeded(base, sink_of(base).flush());
  }
  if (fine) return parent_class()->event(base, event);
  gst_event_unref(event);
  return FALSE;
}

// Muxers ask whether they may go back and fill in lengths.
gboolean handle_query(GstBaseSink* base, GstQuery* query) {
  GstFormat format = GST_FORMAT_UNDEFINED;
  if (GST_QUERY_TYPE(query) != GST_QUERY_SEEKING) return parent_class()->query(base, query);
  gst_query_parse_seeking(query, &format, nullptr, nullptr, nullptr);
  gst_query_set_seeking(query, format, format == GST_FORMAT_BYTES, 0, -1);
  return TRUE;
}

gboolean stop(GstBaseSink* base) { return succeeded(base, sink_of(base).flush()) ? TRUE : FALSE; }

void class_init(gpointer klass, gpointer) {
  auto* element = GST_ELEMENT_CLASS(klass);
  gst_element_class_set_static_metadata(element, "kms file sink", "Sink/File", "Writes a recording", "kms");
  gst_element_class_add_static_pad_template(element, &sink_template);
  auto* base = GST_BASE_SINK_CLASS(klass);
  base->render = render;
  base->event = handle_event;
  base->query = handle_query;
  base->stop = stop;
  G_OBJECT_CLASS(klass)->finalize = [](GObject* object) {
    std::destroy_at(&reinterpret_cast<SinkElement*>(object)->sink);
    G_OBJECT_CLASS(parent_class())->finalize(object);
  };
}

void instance_init(GTypeInstance* instance, gpointer) {
  auto* element = reinterpret_cast<SinkElement*>(instance);
  std::construct_at(&element->sink);
  gst_base_sink_set_sync(&element->parent, FALSE);
  gst_base_sink_set_async_enabled(&element->parent, FALSE);
  gst_base_sink_set_last_sample_enabled(&element->parent, FALSE);
}

GType sink_type() {
  static const GType type =
      g_type_register_static_simple(GST_TYPE_BASE_SINK, "KmsFileSink", sizeof(SinkClass), class_init,
                                    sizeof(SinkElement), instance_init, GTypeFlags{});
  return type;
}

}  // namespace

GstElement* make_file_sink_element(const std::string& name, const std::shared_ptr<FileSink>& sink) {
  auto* element = g_object_new(sink_type(), "name", name.c_str(), nullptr);
  static_cast<SinkElement*>(element)->sink = sink;
  return static_cast<GstElement*>(element);
}

}  // namespace kms::gst
