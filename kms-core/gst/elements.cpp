// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/elements.hpp"

#include <gst/video/video.h>

#include <memory>
#include <utility>

#include "kms-core/base/thread_times.hpp"
#include "kms-core/gst/batch_sink.hpp"
#include "kms-core/gst/frame_sink.hpp"
#include "kms-core/gst/inlet.hpp"
#include "kms-core/gst/outlet.hpp"
#include "kms-core/gst/push_source.hpp"
#include "kms-core/gst/raw_sink.hpp"

namespace kms::gst {
namespace {

constexpr char kUnpaced[] = "kms-unpaced";

// An element with one pad, which belongs to a C++ object.
template <typename End>
struct EndElement {
  GstElement parent;
  GstPad* pad;
  std::shared_ptr<End> end;
  bool thread_named;  // of the task that runs since the pad was activated
};
struct ElementClass {
  GstElementClass parent;
};

GstStaticPadTemplate source_template = {"src", GST_PAD_SRC, GST_PAD_ALWAYS, {nullptr, "ANY", {}}};
GstStaticPadTemplate sink_template = {"sink", GST_PAD_SINK, GST_PAD_ALWAYS, {nullptr, "ANY", {}}};

template <typename End>
End& end_of(gpointer element) {
  return *static_cast<EndElement<End>*>(element)->end;
}

template <typename End>
gboolean activate_source(GstPad* pad, GstObject* parent, GstPadMode mode, gboolean active) {
  if (mode != GST_PAD_MODE_PUSH) return FALSE;
  if (active != FALSE) reinterpret_cast<EndElement<End>*>(parent)->thread_named = false;
  end_of<End>(parent).activate(pad, active != FALSE);
  return TRUE;
}

template <typename End>
constexpr const char* kThreadName = nullptr;
template <>
constexpr const char* kThreadName<Inlet> = "inlet";
template <>
constexpr const char* kThreadName<PushSource> = "push-source";

// GStreamer calls the thread by the element, whose name a client has given: there is no end of those.
template <typename End>
void run_task(gpointer pad) {
  auto* element = reinterpret_cast<EndElement<End>*>(GST_OBJECT_PARENT(pad));
  if (!std::exchange(element->thread_named, true)) name_thread(kThreadName<End>);
  element->end->loop(GST_PAD_CAST(pad));
}

template <typename End>
void start_task(GstPad* pad) {
  gst_pad_start_task(pad, run_task<End>, pad, nullptr);
}

gboolean inlet_event(GstPad*, GstObject* parent, GstEvent* event) {
  if (gst_video_event_is_force_key_unit(event)) end_of<Inlet>(parent).request_key_unit();
  gst_event_unref(event);
  return TRUE;
}

gboolean source_query(GstPad* pad, GstObject* parent, GstQuery* query) {
  if (GST_QUERY_TYPE(query) != GST_QUERY_LATENCY) return gst_pad_query_default(pad, parent, query);
  gst_query_set_latency(query, TRUE, 0, GST_CLOCK_TIME_NONE);
  return TRUE;
}

GstFlowReturn outlet_chain(GstPad*, GstObject* parent, GstBuffer* buffer) {
  return end_of<Outlet>(parent).chain(Ref<GstBuffer>::adopt(buffer));
}

gboolean outlet_event(GstPad*, GstObject* parent, GstEvent* event) {
  end_of<Outlet>(parent).event(event);
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
  end_of<Outlet>(parent).set_flushing(active == FALSE);
  return TRUE;
}

GstFlowReturn batch_chain(GstPad*, GstObject* parent, GstBuffer* buffer) {
  end_of<BatchSink>(parent).take(Ref<GstBuffer>::adopt(buffer).get());
  return GST_FLOW_OK;
}

GstFlowReturn batch_chain_list(GstPad*, GstObject* parent, GstBufferList* buffers) {
  end_of<BatchSink>(parent).take(Ref<GstBufferList>::adopt(buffers).get());
  return GST_FLOW_OK;
}

template <typename Sink>
GstFlowReturn take_buffer(GstPad*, GstObject* parent, GstBuffer* buffer) {
  end_of<Sink>(parent).take(Ref<GstBuffer>::adopt(buffer));
  return GST_FLOW_OK;
}

template <typename Sink>
gboolean take_event(GstPad*, GstObject* parent, GstEvent* event) {
  end_of<Sink>(parent).take(event);
  gst_event_unref(event);
  return TRUE;
}

gboolean raw_query(GstPad* pad, GstObject* parent, GstQuery* query) {
  return end_of<RawSink>(parent).answer(query) ? TRUE : gst_pad_query_default(pad, parent, query);
}

gboolean drop_event(GstPad*, GstObject*, GstEvent* event) {
  gst_event_unref(event);
  return TRUE;
}

// What its pad does.
void set_up(GstPad* pad, const Inlet*) {
  gst_pad_set_activatemode_function(pad, activate_source<Inlet>);
  gst_pad_set_event_function(pad, inlet_event);
  gst_pad_set_query_function(pad, source_query);
}

void set_up(GstPad* pad, const PushSource*) {
  gst_pad_set_activatemode_function(pad, activate_source<PushSource>);
  gst_pad_set_event_function(pad, drop_event);
  gst_pad_set_query_function(pad, source_query);
}

void set_up(GstPad* pad, const Outlet*) {
  gst_pad_set_chain_function(pad, outlet_chain);
  gst_pad_set_event_function(pad, outlet_event);
  gst_pad_set_query_function(pad, outlet_query);
  gst_pad_set_activatemode_function(pad, outlet_activate);
}

void set_up(GstPad* pad, const BatchSink*) {
  gst_pad_set_chain_function(pad, batch_chain);
  gst_pad_set_chain_list_function(pad, batch_chain_list);
  gst_pad_set_event_function(pad, drop_event);
}

void set_up(GstPad* pad, const FrameSink*) {
  gst_pad_set_chain_function(pad, take_buffer<FrameSink>);
  gst_pad_set_event_function(pad, take_event<FrameSink>);
}

void set_up(GstPad* pad, const RawSink*) {
  gst_pad_set_chain_function(pad, take_buffer<RawSink>);
  gst_pad_set_event_function(pad, take_event<RawSink>);
  gst_pad_set_query_function(pad, raw_query);
}

template <typename End>
void class_init(gpointer klass, gpointer pad_template) {
  auto* element = GST_ELEMENT_CLASS(klass);
  gst_element_class_set_static_metadata(element, "kms link end", "Generic", "End of a link between strips",
                                        "kms");
  gst_element_class_add_static_pad_template(element, static_cast<GstStaticPadTemplate*>(pad_template));
  G_OBJECT_CLASS(klass)->finalize = [](GObject* object) {
    std::destroy_at(&reinterpret_cast<EndElement<End>*>(object)->end);
    G_OBJECT_CLASS(g_type_class_peek(GST_TYPE_ELEMENT))->finalize(object);
  };
}

template <typename End>
void instance_init(GTypeInstance* instance, gpointer klass) {
  auto* element = reinterpret_cast<EndElement<End>*>(instance);
  std::construct_at(&element->end);
  auto* pads = gst_element_class_get_pad_template_list(static_cast<GstElementClass*>(klass));
  auto* pad_template = static_cast<GstPadTemplate*>(pads->data);
  element->pad = gst_pad_new_from_template(pad_template, GST_PAD_TEMPLATE_NAME_TEMPLATE(pad_template));
  set_up(element->pad, static_cast<const End*>(nullptr));
  gst_element_add_pad(&element->parent, element->pad);
}

template <typename End>
GType register_type(const char* name, GstStaticPadTemplate* pad_template) {
  GTypeInfo info{};
  info.class_size = sizeof(ElementClass);
  info.class_init = class_init<End>;
  info.class_data = pad_template;
  info.instance_size = sizeof(EndElement<End>);
  info.instance_init = instance_init<End>;
  return g_type_register_static(GST_TYPE_ELEMENT, name, &info, GTypeFlags{});
}

template <typename End>
GstElement* make(GType type, const std::string& name, const std::shared_ptr<End>& end) {
  auto* element = g_object_new(type, "name", name.c_str(), nullptr);
  static_cast<EndElement<End>*>(element)->end = end;
  return static_cast<GstElement*>(element);
}

}  // namespace

GstElement* make_inlet_element(const std::string& name, const std::shared_ptr<Inlet>& inlet) {
  static const GType type = register_type<Inlet>("KmsInlet", &source_template);
  return make(type, name, inlet);
}

GstElement* make_outlet_element(const std::string& name, const std::shared_ptr<Outlet>& outlet) {
  static const GType type = register_type<Outlet>("KmsOutlet", &sink_template);
  return make(type, name, outlet);
}

GstElement* make_push_source_element(const std::string& name, const std::shared_ptr<PushSource>& source) {
  static const GType type = register_type<PushSource>("KmsPushSource", &source_template);
  return make(type, name, source);
}

GstElement* make_batch_sink_element(const std::string& name, const std::shared_ptr<BatchSink>& sink) {
  static const GType type = register_type<BatchSink>("KmsBatchSink", &sink_template);
  return make(type, name, sink);
}

GstElement* make_frame_sink_element(const std::string& name, const std::shared_ptr<FrameSink>& sink) {
  static const GType type = register_type<FrameSink>("KmsFrameSink", &sink_template);
  return make(type, name, sink);
}

GstElement* make_raw_sink_element(const std::string& name, const std::shared_ptr<RawSink>& sink) {
  static const GType type = register_type<RawSink>("KmsRawSink", &sink_template);
  return make(type, name, sink);
}

void start_inlet_task(GstPad* pad) { start_task<Inlet>(pad); }
void start_push_source_task(GstPad* pad) { start_task<PushSource>(pad); }

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
