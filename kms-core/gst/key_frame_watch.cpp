// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/key_frame_watch.hpp"

namespace kms::gst {

void KeyFrameWatch::look_at(GstPad* pad) {
  const auto on_data = [](GstPad*, GstPadProbeInfo* info, gpointer data) {
    auto& self = **static_cast<std::shared_ptr<KeyFrameWatch>*>(data);
    if ((GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER) != 0) {
      self.look(GST_PAD_PROBE_INFO_BUFFER(info));
    } else if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_SEGMENT) {
      self.begin_anew();
    }
    return GST_PAD_PROBE_OK;
  };
  auto share = std::make_unique<std::shared_ptr<KeyFrameWatch>>(shared_from_this());
  constexpr auto kData =
      static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM);
  gst_pad_add_probe(pad, kData, on_data, share.release(), [](gpointer data) {
    const std::unique_ptr<std::shared_ptr<KeyFrameWatch>> owned(
        static_cast<std::shared_ptr<KeyFrameWatch>*>(data));
  });
}

void KeyFrameWatch::look(GstBuffer* buffer) {
  const auto time = GST_BUFFER_DTS_OR_PTS(buffer);
  if (told_ || !GST_CLOCK_TIME_IS_VALID(time)) return;
  const bool key = !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  if (!GST_CLOCK_TIME_IS_VALID(last_) || time < last_) last_ = time;
  if (time - last_ > longest_) {
    told_ = true;
    if (on_rare_) on_rare_();
  }
  if (key) last_ = time;
}

}  // namespace kms::gst
