// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/picture_limit.hpp"

#include <array>
#include <atomic>
#include <optional>
#include <string_view>

namespace kms::gst {
namespace {

struct Size {
  uint64_t width;
  uint64_t height;
};

// RFC 6386, 9.1.
std::optional<Size> vp8_size(const uint8_t* at) {
  const bool key = (at[0] & 1) == 0 && at[3] == 0x9d && at[4] == 0x01 && at[5] == 0x2a;
  if (!key) return std::nullopt;
  const auto side = [](const uint8_t* p) { return static_cast<uint64_t>((p[0] | p[1] << 8) & 0x3fff); };
  return Size{side(at + 6), side(at + 8)};
}

// The uncompressed header of a key frame of profile 0 or 2; in the others more stands before the size.
std::optional<Size> vp9_size(const uint8_t* at) {
  const auto bits = [at](unsigned from, unsigned count) {
    uint64_t value = 0;
    for (unsigned i = from; i < from + count; ++i) value = value << 1 | (at[i / 8] >> (7 - i % 8) & 1U);
    return value;
  };
  const bool high = bits(3, 1) != 0;
  const bool key = bits(0, 2) == 2 && bits(2, 1) == 0 && bits(4, 2) == 0 && bits(8, 24) == 0x498342;
  if (!key) return std::nullopt;
  const unsigned size = high ? 37 : 36;
  return Size{bits(size, 16) + 1, bits(size + 16, 16) + 1};
}

bool beyond(const std::optional<Size>& size) {
  return size && size->width > 0 && size->height > kMostPixels / size->width;
}

// One error, whatever comes afterwards.
struct Limit {
  std::atomic<bool> told = false;
  void tell(GstElement* element) {
    if (told.exchange(true)) return;
    GError* problem = g_error_new(picture_limit_quark(), 1,
                                  "the pictures have more than %" G_GUINT64_FORMAT " pixels", kMostPixels);
    gst_element_post_message(element, gst_message_new_error(GST_OBJECT(element), problem, nullptr));
    g_error_free(problem);
  }
};

GstPadProbeReturn look_at_caps(GstPad* pad, GstPadProbeInfo* info, gpointer data) {
  auto* event = GST_PAD_PROBE_INFO_EVENT(info);
  if (GST_EVENT_TYPE(event) != GST_EVENT_CAPS) return GST_PAD_PROBE_OK;
  GstCaps* caps = nullptr;
  gst_event_parse_caps(event, &caps);
  if (!too_large(caps)) return GST_PAD_PROBE_OK;
  const auto element = Ref<GstElement>::adopt(gst_pad_get_parent_element(pad));
  if (element) (*static_cast<std::shared_ptr<Limit>*>(data))->tell(element.get());
  return GST_PAD_PROBE_DROP;
}

void watch(GstElement* element, const std::shared_ptr<Limit>& limit) {
  const auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(element, "sink"));
  if (!pad) return;
  auto share = std::make_unique<std::shared_ptr<Limit>>(limit);
  gst_pad_add_probe(
      pad.get(), GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, look_at_caps, share.release(), [](gpointer data) {
        const std::unique_ptr<std::shared_ptr<Limit>> owned(static_cast<std::shared_ptr<Limit>*>(data));
      });
}

}  // namespace

bool too_large(const GstCaps* caps) {
  const auto* structure = gst_caps_get_structure(caps, 0);
  gint width = 0;
  gint height = 0;
  gst_structure_get_int(structure, "width", &width);
  gst_structure_get_int(structure, "height", &height);
  if (width < 0 || height < 0) return true;
  return beyond(Size{static_cast<uint64_t>(width), static_cast<uint64_t>(height)});
}

bool too_large(const GstCaps* caps, GstBuffer* frame) {
  const std::string_view type = gst_structure_get_name(gst_caps_get_structure(caps, 0));
  std::array<uint8_t, 10> head{};
  if (type != "video/x-vp8" && type != "video/x-vp9") return false;
  if (gst_buffer_extract(frame, 0, head.data(), head.size()) < head.size()) return false;
  return beyond(type == "video/x-vp8" ? vp8_size(head.data()) : vp9_size(head.data()));
}

GQuark picture_limit_quark() { return g_quark_from_static_string("kms-picture-limit"); }

void limit_pictures(const Ref<GstElement>& bin, Inlet& inlet) {
  const auto limit = std::make_shared<Limit>();
  const std::unique_ptr<GstIterator, decltype(&gst_iterator_free)> all(
      gst_bin_iterate_recurse(GST_BIN(bin.get())), gst_iterator_free);
  const auto look = [](const GValue* item, gpointer data) {
    watch(GST_ELEMENT(g_value_get_object(item)), *static_cast<const std::shared_ptr<Limit>*>(data));
  };
  gst_iterator_foreach(all.get(), look, const_cast<std::shared_ptr<Limit>*>(&limit));
  inlet.on_buffer([limit, &inlet](GstBuffer* frame) {
    const auto& caps_now = inlet.sent_caps();
    if (!caps_now || !too_large(caps_now.get(), frame)) return true;
    limit->tell(inlet.element());
    return false;
  });
}

}  // namespace kms::gst
