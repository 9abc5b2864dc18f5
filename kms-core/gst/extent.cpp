// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/extent.hpp"

#include <memory>
#include <string_view>
#include <utility>

namespace kms::gst {
namespace {

// GStreamer's baseparse wants to have seen ten; some more for formats whose frames come in pairs.
constexpr unsigned kFrames = 32;

struct Asking {
  std::function<void(const Extent&)> handler;
  unsigned frames = 0;
};

using Test = bool (*)(GstElementFactory*);

// Of all elements in a bin.
bool any_of(GstBin* bin, Test test) {
  const auto look = [](const GValue* item, GValue* found, gpointer data) -> gboolean {
    auto* factory = gst_element_get_factory(GST_ELEMENT(g_value_get_object(item)));
    if (factory != nullptr && (*static_cast<Test*>(data))(factory)) g_value_set_boolean(found, TRUE);
    return TRUE;
  };
  const std::unique_ptr<GstIterator, decltype(&gst_iterator_free)> all(gst_bin_iterate_recurse(bin),
                                                                       gst_iterator_free);
  GValue found = G_VALUE_INIT;
  g_value_init(&found, G_TYPE_BOOLEAN);
  while (gst_iterator_fold(all.get(), look, &found, &test) == GST_ITERATOR_RESYNC) {
    gst_iterator_resync(all.get());
  }
  return g_value_get_boolean(&found) != FALSE;
}

}  // namespace

bool announces(GstEvent* event) {
  return GST_EVENT_IS_STICKY(event) != FALSE && GST_EVENT_TYPE(event) != GST_EVENT_EOS;
}

Extent extent_of(GstPad* pad) {
  Extent out;
  gint64 duration = 0;
  if (gst_pad_query_duration(pad, GST_FORMAT_TIME, &duration) != FALSE && duration > 0) {
    out.duration = static_cast<GstClockTime>(duration);
  }
  GstQuery* query = gst_query_new_seeking(GST_FORMAT_TIME);
  gboolean seekable = FALSE;
  if (gst_pad_query(pad, query) != FALSE) {
    gst_query_parse_seeking(query, nullptr, &seekable, nullptr, nullptr);
  }
  gst_query_unref(query);
  out.seekable = seekable != FALSE;
  return out;
}

void ask_again(GstPad* pad, std::function<void(const Extent&)> handler) {
  const auto on_data = [](GstPad* asked, GstPadProbeInfo* info, gpointer data) {
    auto& asking = *static_cast<Asking*>(data);
    const bool event = (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM) != 0;
    const bool end = event && GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_EOS;
    if (!end && (event || ++asking.frames % 8 != 0)) return GST_PAD_PROBE_OK;
    const auto extent = extent_of(asked);
    if (!end && !extent.seekable && asking.frames < kFrames) return GST_PAD_PROBE_OK;
    asking.handler(extent);
    return GST_PAD_PROBE_REMOVE;
  };
  constexpr auto kData =
      static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM);
  gst_pad_add_probe(pad, kData, on_data, std::make_unique<Asking>(Asking{std::move(handler)}).release(),
                    [](gpointer data) { const std::unique_ptr<Asking> owned(static_cast<Asking*>(data)); });
}

bool is_turned(GstPad* pad) {
  for (guint i = 0;; ++i) {
    auto* event = gst_pad_get_sticky_event(pad, GST_EVENT_TAG, i);
    if (event == nullptr) return false;
    GstTagList* tags = nullptr;
    gchar* orientation = nullptr;
    gst_event_parse_tag(event, &tags);
    gst_tag_list_get_string(tags, GST_TAG_IMAGE_ORIENTATION, &orientation);
    const bool turned = orientation != nullptr && std::string_view(orientation) != "rotate-0";
    g_free(orientation);
    gst_event_unref(event);
    if (turned) return true;
  }
}

bool counts_from_a_clock(const Ref<GstElement>& bin) {
  return any_of(GST_BIN(bin.get()), [](GstElementFactory* factory) {
    const std::string_view name(GST_OBJECT_NAME(factory));
    return name == "tsdemux" || name == "mpegpsdemux";
  });
}

bool has_container(GstBin* bin) {
  return any_of(bin, [](GstElementFactory* factory) {
    const std::string_view name(GST_OBJECT_NAME(factory));
    const std::string_view type(gst_element_factory_get_metadata(factory, GST_ELEMENT_METADATA_KLASS));
    const bool notes = name == "id3demux" || name == "apedemux" || name == "icydemux";
    return type.find("Demux") != std::string_view::npos && !notes;
  });
}

}  // namespace kms::gst
