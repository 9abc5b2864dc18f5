// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/frame_filter.hpp"

#include <gst/video/gstvideofilter.h>
#include <gst/video/video.h>

#include <memory>

#include "kms-core/gst/elements.hpp"

namespace kms::gst {
namespace {

struct FrameFilter {
  GstVideoFilter parent;
  FrameFunction function;
  bool unpaced;
};
struct FrameFilterClass {
  GstVideoFilterClass parent;
};

GstStaticPadTemplate filter_sink = {
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, {nullptr, "video/x-raw,format=I420", {}}};
GstStaticPadTemplate filter_source = {
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, {nullptr, "video/x-raw,format=I420", {}}};

GstVideoFilterClass* parent_class() {
  return GST_VIDEO_FILTER_CLASS(g_type_class_peek(GST_TYPE_VIDEO_FILTER));
}

GstFlowReturn transform(GstVideoFilter* filter, GstVideoFrame* frame) {
  auto* self = reinterpret_cast<FrameFilter*>(filter);
  VideoFrame view{};
  for (guint plane = 0; plane < 3; ++plane) {
    view.planes[plane] = static_cast<uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(frame, plane));
    view.strides[plane] = GST_VIDEO_FRAME_PLANE_STRIDE(frame, plane);
  }
  view.width = GST_VIDEO_FRAME_WIDTH(frame);
  view.height = GST_VIDEO_FRAME_HEIGHT(frame);
  view.pts = GST_BUFFER_PTS(frame->buffer);
  view.unpaced = self->unpaced;
  view.bt709 = frame->info.colorimetry.matrix == GST_VIDEO_COLOR_MATRIX_BT709;
  if (self->function) self->function(view);
  return GST_FLOW_OK;
}

gboolean sink_event(GstBaseTransform* base, GstEvent* event) {
  auto* self = reinterpret_cast<FrameFilter*>(base);
  if (GST_EVENT_TYPE(event) == GST_EVENT_STREAM_START) self->unpaced = says_unpaced(event);
  return GST_BASE_TRANSFORM_CLASS(parent_class())->sink_event(base, event);
}

void finalize(GObject* object) {
  std::destroy_at(&reinterpret_cast<FrameFilter*>(object)->function);
  G_OBJECT_CLASS(parent_class())->finalize(object);
}

void filter_class_init(gpointer klass, gpointer) {
  auto* element = GST_ELEMENT_CLASS(klass);
  gst_element_class_set_static_metadata(element, "kms frame filter", "Filter/Effect/Video",
                                        "Lets kms code see and change pictures", "kms");
  gst_element_class_add_static_pad_template(element, &filter_sink);
  gst_element_class_add_static_pad_template(element, &filter_source);
  G_OBJECT_CLASS(klass)->finalize = finalize;
  GST_BASE_TRANSFORM_CLASS(klass)->sink_event = sink_event;
  GST_VIDEO_FILTER_CLASS(klass)->transform_frame_ip = transform;
}

void filter_instance_init(GTypeInstance* instance, gpointer) {
  std::construct_at(&reinterpret_cast<FrameFilter*>(instance)->function);
}

}  // namespace

void set_frame_function(GstElement* frame_filter, FrameFunction function) {
  reinterpret_cast<FrameFilter*>(frame_filter)->function = std::move(function);
}

void register_frame_filter() {
  const GType type = g_type_register_static_simple(GST_TYPE_VIDEO_FILTER, "KmsFrameFilter",
                                                   sizeof(FrameFilterClass), filter_class_init,
                                                   sizeof(FrameFilter), filter_instance_init, GTypeFlags{});
  gst_element_register(nullptr, "kmsframefilter", GST_RANK_NONE, type);
}

}  // namespace kms::gst
