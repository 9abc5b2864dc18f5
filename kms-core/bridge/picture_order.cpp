// SPDX-License-Identifier: Apache-2.0
#include "kms-core/bridge/picture_order.hpp"

#include <optional>

#include "kms-core/gst/stream_info.hpp"
#include "kms-core/rtc/rtp/h264_sps.hpp"

namespace kms::bridge {
namespace {

std::optional<bool> h264_says(const GstCaps* caps) {
  const auto* structure = gst_caps_get_structure(caps, 0);
  const auto* value = gst_structure_get_value(structure, "codec_data");
  auto* record = value != nullptr && GST_VALUE_HOLDS_BUFFER(value) ? gst_value_get_buffer(value) : nullptr;
  GstMapInfo map;
  const bool h264 = gst_structure_has_name(structure, "video/x-h264") != FALSE;
  if (!h264 || record == nullptr || gst_buffer_map(record, &map, GST_MAP_READ) == FALSE) return std::nullopt;
  const auto says = rtc::h264_reorders(rtc::h264_sps_of({map.data, map.size}));
  gst_buffer_unmap(record, &map);
  return says;
}

}  // namespace

bool reorders(const GstCaps* caps) { return h264_says(caps).value_or(gst::profile_reorders(caps)); }

}  // namespace kms::bridge
