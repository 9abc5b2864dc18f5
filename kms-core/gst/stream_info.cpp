// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/stream_info.hpp"

#include <chrono>
#include <string_view>

namespace kms::gst {

GstClockTime media_now() {
  return static_cast<GstClockTime>(std::chrono::steady_clock::now().time_since_epoch().count());
}

bool is_raw(const GstCaps* caps) {
  const auto* structure = gst_caps_get_structure(caps, 0);
  return gst_structure_has_name(structure, "video/x-raw") || gst_structure_has_name(structure, "audio/x-raw");
}

bool is_video(const GstCaps* caps) {
  const std::string_view name = gst_structure_get_name(gst_caps_get_structure(caps, 0));
  return name.starts_with("video/") || name.starts_with("image/");
}

bool may_reorder(const GstCaps* caps) {
  const std::string_view name = gst_structure_get_name(gst_caps_get_structure(caps, 0));
  return name == "video/x-h264" || name == "video/x-h265" || name == "video/mpeg";
}

bool profile_reorders(const GstCaps* caps) {
  if (!may_reorder(caps)) return false;
  const auto* profile = gst_structure_get_string(gst_caps_get_structure(caps, 0), "profile");
  const std::string_view name = profile == nullptr ? "" : profile;
  return name != "constrained-baseline" && name != "baseline" && name != "constrained-high";
}

bool starts_with_headers(const GstCaps* caps) {
  const std::string_view name = gst_structure_get_name(gst_caps_get_structure(caps, 0));
  return name == "audio/x-vorbis" || name == "audio/x-flac" || name == "video/x-theora";
}

}  // namespace kms::gst
