// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/paused_demuxer.hpp"

#include <memory>
#include <string_view>

#include "kms-core/gst/ref.hpp"

namespace kms::gst {
namespace {

// A demuxer that reads its input by itself pauses its task when it can go no further. It also does so for a
// moment when it seeks, as oggdemux at its beginning: but then the task holds the pad's stream lock.
bool rests(GstPad* pad) {
  if (gst_pad_get_task_state(pad) != GST_TASK_PAUSED || GST_PAD_STREAM_TRYLOCK(pad) == FALSE) return false;
  const bool still = gst_pad_get_task_state(pad) == GST_TASK_PAUSED;
  GST_PAD_STREAM_UNLOCK(pad);
  return still;
}

}  // namespace

// One that only takes notes off (ID3) rests where the parser behind it reads by itself.
bool has_paused_demuxer(GstBin* bin) {
  constexpr guint kRests = 1;
  constexpr guint kReads = 2;
  const auto look = [](const GValue* item, GValue* found, gpointer) -> gboolean {
    auto* element = GST_ELEMENT(g_value_get_object(item));
    const auto* type = gst_element_get_metadata(element, GST_ELEMENT_METADATA_KLASS);
    const auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(element, "sink"));
    if (!pad) return TRUE;
    const bool demuxes = std::string_view(type).find("Demux") != std::string_view::npos;
    const guint rested = demuxes && rests(pad.get()) ? kRests : 0;
    const guint reads = gst_pad_get_task_state(pad.get()) == GST_TASK_STARTED ? kReads : 0;
    g_value_set_uint(found, g_value_get_uint(found) | rested | reads);
    return TRUE;
  };
  GValue found = G_VALUE_INIT;
  g_value_init(&found, G_TYPE_UINT);
  const std::unique_ptr<GstIterator, decltype(&gst_iterator_free)> all(gst_bin_iterate_recurse(bin),
                                                                       gst_iterator_free);
  const bool whole = gst_iterator_fold(all.get(), look, &found, nullptr) == GST_ITERATOR_DONE;
  return whole && g_value_get_uint(&found) == kRests;
}

}  // namespace kms::gst
