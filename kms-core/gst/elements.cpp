// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/elements.hpp"

#include <gst/video/video.h>

#include <memory>

#include "kms-core/gst/inlet.hpp"
#include "kms-core/gst/outlet.hpp"

namespace kms::gst {
namespace {

constexpr char kUnpaced[] = "kms-unpaced";

struct InletElement {
  GstElement parent;
  GstPad* pad;
  std::shared_ptr<Inlet> inlet;
};
struct OutletElement {
  GstElement parent;
  GstPad* pad;
  std::shared_ptr<Outlet> outlet;
};
struct ElementClass {
  GstElementClass parent;
};

GstStaticPadTemplate source_template = {"src", GST_PAD_SRC, GST_PAD_ALWAYS, {nullptr, "ANY", {}}};
GstStaticPadTemplate sink_template = {"sink", GST_PAD_SINK, GST_PAD_ALWAYS, {nullptr, "ANY", {}}};

Inlet& inlet_of(GstObject* parent) { return *reinterpret_cast<InletElement*>(parent)->inlet; }
Outlet& outlet_of(GstObject* parent) { return *reinterpret_cast<OutletElement*>(parent)->outlet; }

gboolean inlet_activate(GstPad* pad, GstObject* parent, GstPadMode mode, gboolean active) {
  if (mode != GST_PAD_MODE_PUSH) return FALSE;
  inlet_of(parent).activate(pad, active != FALSE);
  return TRUE;
}

gboolean inlet_event(GstPad*, GstObject* parent, GstEvent* event) {
  if (gst_video_event_is_force_key_unit(event)) inlet_of(parent).request_key_unit();
  gst_event_unref(event);
  return TRUE;
}

gboolean inlet_query(GstPad* pad, GstObject* parent, GstQuery* query) {
  if (GST_QUERY_TYPE(query) != GST_QUERY_LATENCY) return gst_pad_query_default(pad, parent, query);
  gst_query_set_latency(query, TRUE, 0, GST_CLOCK_TIME_NONE);
  return TRUE;
}

GstFlowReturn outlet_chain(GstPad*, GstObject* parent, GstBuffer* buffer) {
  return outlet_of(parent).chain(Ref<GstBuffer>::adopt(buffer));
}

gboolean outlet_event(GstPad*, GstObject* parent, GstEvent* event) {
  outlet_of(parent).event(event);
  gst_event_unref(event);
  return TRUE;
}

gboolean outlet_query(GstPad* pad, GstObject* parent, GstQuery* query) {
  if (GST_QUERY_TYPE(query) != GST_QUERY_ALLOCATION) return gst_pad_query_default(pad, parent, query);
  gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE,
                                nullptr);  // takers read strides from the meta
  return TRUE;
}

gboolean outlet_activate(GstPad*, GstObject* parent, GstPadMode mode, gboolean active) {
  if (mode != GST_PAD_MODE_PUSH) return FALSE;
  outlet_of(parent).set_flushing(active == FALSE);
  return TRUE;
}

void class_init(gpointer klass, gpointer) {
  auto* element = GST_ELEMENT_CLASS(klass);
  gst_element_class_set_static_metadata(element, "kms link end", "Generic", "End of a link between strips",
                                        "kms");
}

void inlet_class_init(gpointer klass, gpointer data) {
  class_init(klass, data);
  gst_element_class_add_static_pad_template(GST_ELEMENT_CLASS(klass), &source_template);
  G_OBJECT_CLASS(klass)->finalize = [](GObject* object) {
    std::destroy_at(&reinterpret_cast<InletElement*>(object)->inlet);
    G_OBJECT_CLASS(g_type_class_peek(GST_TYPE_ELEMENT))->finalize(object);
  };
}

void outlet_class_init(gpointer klass, gpointer data) {
  class_init(klass, data);
  gst_element_class_add_static_pad_template(GST_ELEMENT_CLASS(klass), &sink_template);
  G_OBJECT_CLASS(klass)->finalize = [](GObject* object) {
    std::destroy_at(&reinterpret_cast<OutletElement*>(object)->outlet);
    G_OBJECT_CLASS(g_type_class_peek(GST_TYPE_ELEMENT))->finalize(object);
  };
}

void inlet_init(GTypeInstance* instance, gpointer) {
  auto* element = reinterpret_cast<InletElement*>(instance);
  std::construct_at(&element->inlet);
  element->pad = gst_pad_new_from_static_template(&source_template, "src");
  gst_pad_set_activatemode_function(element->pad, inlet_activate);
  gst_pad_set_event_function(element->pad, inlet_event);
  gst_pad_set_query_function(element->pad, inlet_query);
  gst_element_add_pad(&element->parent, element->pad);
}

void outlet_init(GTypeInstance* instance, gpointer) {
  auto* element = reinterpret_cast<OutletElement*>(instance);
  std::construct_at(&element->outlet);
  element->pad = gst_pad_new_from_static_template(&sink_template, "sink");
  gst_pad_set_chain_function(element->pad, outlet_chain);
  gst_pad_set_event_function(element->pad, outlet_event);
  gst_pad_set_query_function(element->pad, outlet_query);
  gst_pad_set_activatemode_function(element->pad, outlet_activate);
  gst_element_add_pad(&element->parent, element->pad);
}

GType inlet_type() {
  static const GType type =
      g_type_register_static_simple(GST_TYPE_ELEMENT, "KmsInlet", sizeof(ElementClass), inlet_class_init,
                                    sizeof(InletElement), inlet_init, GTypeFlags{});
  return type;
}

GType outlet_type() {
  static const GType type =
      g_type_register_static_simple(GST_TYPE_ELEMENT, "KmsOutlet", sizeof(ElementClass), outlet_class_init,
                                    sizeof(OutletElement), outlet_init, GTypeFlags{});
  return type;
}

}  // namespace

GstElement* make_inlet_element(const std::string& name, const std::shared_ptr<Inlet>& inlet) {
  auto* element = g_object_new(inlet_type(), "name", name.c_str(), nullptr);
  static_cast<InletElement*>(element)->inlet = inlet;
  return static_cast<GstElement*>(element);
}

GstElement* make_outlet_element(const std::string& name, const std::shared_ptr<Outlet>& outlet) {
  auto* element = g_object_new(outlet_type(), "name", name.c_str(), nullptr);
  static_cast<OutletElement*>(element)->outlet = outlet;
  return static_cast<GstElement*>(element);
}

void start_inlet_task(GstPad* pad) {
  gst_pad_start_task(
      pad, [](gpointer data) { inlet_of(GST_OBJECT_PARENT(data)).loop(GST_PAD_CAST(data)); }, pad, nullptr);
}

GstEvent* new_stream_start(const char* id, bool unpaced) {
  GstEvent* event = gst_event_new_stream_start(id);
  gst_structure_set(gst_event_writable_structure(event), kUnpaced, G_TYPE_BOOLEAN, unpaced, nullptr);
  return event;
}

bool says_unpaced(GstEvent* stream_start) {
  gboolean unpaced = FALSE;
  gst_structure_get_boolean(gst_event_get_structure(stream_start), kUnpaced, &unpaced);
  return unpaced != FALSE;
}

void shift_time(Ref<GstBuffer>& buffer, GstClockTimeDiff shift) {
  if (shift == 0) return;
  auto* writable = gst_buffer_make_writable(buffer.release());
  if (GST_BUFFER_PTS_IS_VALID(writable)) GST_BUFFER_PTS(writable) += static_cast<GstClockTime>(shift);
  if (GST_BUFFER_DTS_IS_VALID(writable)) GST_BUFFER_DTS(writable) += static_cast<GstClockTime>(shift);
  buffer = Ref<GstBuffer>::adopt(writable);
}

}  // namespace kms::gst
