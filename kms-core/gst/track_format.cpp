// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/track_format.hpp"

#include "kms-core/gst/codecs.hpp"
#include "kms-core/gst/stream_info.hpp"

namespace kms::gst {
namespace {

std::string bytes_of(const GValue* value) {
  if (value == nullptr || !GST_VALUE_HOLDS_BUFFER(value)) return {};
  auto* buffer = gst_value_get_buffer(value);
  std::string out(gst_buffer_get_size(buffer), '\0');
  gst_buffer_extract(buffer, 0, out.data(), out.size());
  return out;
}

std::vector<std::string> headers_of(const GstStructure* caps) {
  const auto* value = gst_structure_get_value(caps, "streamheader");
  std::vector<std::string> out;
  if (value == nullptr || !GST_VALUE_HOLDS_ARRAY(value)) return out;
  for (guint i = 0; i < gst_value_array_get_size(value); ++i) {
    out.push_back(bytes_of(gst_value_array_get_value(value, i)));
  }
  return out;
}

unsigned number_of(const GstStructure* caps, const char* field) {
  int value = 0;
  gst_structure_get_int(caps, field, &value);
  return value > 0 ? static_cast<unsigned>(value) : 0;
}

}  // namespace

Result<TrackFormat> track_format(const GstCaps* caps) {
  const auto codec = codec_of(caps);
  if (!codec.ok()) return codec.status();
  const auto* structure = gst_caps_get_structure(caps, 0);
  return TrackFormat{.codec = *codec,
                     .video = is_video(caps),
                     .setup = bytes_of(gst_structure_get_value(structure, "codec_data")),
                     .headers = headers_of(structure),
                     .width = number_of(structure, "width"),
                     .height = number_of(structure, "height"),
                     .rate = number_of(structure, "rate"),
                     .channels = number_of(structure, "channels")};
}

bool may_go_on(const TrackFormat& before, const TrackFormat& after) {
  if (before.codec != after.codec) return false;
  if (before.codec == "VP8" || before.codec == "VP9" || before.codec == "AV1") return true;
  auto turned = after;
  turned.orientation = before.orientation;
  return turned == before;
}

}  // namespace kms::gst
