// SPDX-License-Identifier: Apache-2.0
#include "elements/recorder/splice.hpp"

#include <optional>

namespace kms::recorder {
namespace {

// nal_unit_type (ITU-T H.265 table 7-1).
constexpr unsigned kSkippedLeading = 8;  // RASL_N, and RASL_R
constexpr unsigned kBlaWithDecodable = 17;
constexpr unsigned kCra = 21;
constexpr unsigned kFirstThatIsNoSlice = 32;

// Of hvcC (ISO 14496-15, 8.3.3.1.2).
constexpr size_t kLengthAt = 21;

unsigned type_of(uint8_t byte) { return byte >> 1U & 0x3fU; }

// Calls `see` with the first byte of each slice.
template <typename See>
void each_slice(GstMapInfo& map, size_t length_bytes, const See& see) {
  size_t at = 0;
  while (map.size - at > length_bytes) {
    size_t length = 0;
    for (size_t i = 0; i < length_bytes; ++i) length = length << 8U | map.data[at++];
    if (length == 0) continue;
    if (type_of(map.data[at]) < kFirstThatIsNoSlice) see(map.data[at]);
    if (length >= map.size - at) return;
    at += length;
  }
}

std::optional<unsigned> slices_of(GstBuffer* buffer, size_t length_bytes) {
  std::optional<unsigned> out;
  GstMapInfo map;
  if (gst_buffer_map(buffer, &map, GST_MAP_READ) == FALSE) return out;
  each_slice(map, length_bytes, [&](uint8_t first) {
    if (!out) out = type_of(first);
  });
  gst_buffer_unmap(buffer, &map);
  return out;
}

// Others have the buffer too.
gst::Ref<GstBuffer> with_broken_link(GstBuffer* buffer, size_t length_bytes) {
  auto out = gst::Ref<GstBuffer>::adopt(gst_buffer_copy_deep(buffer));
  GstMapInfo map;
  if (gst_buffer_map(out.get(), &map, GST_MAP_READWRITE) == FALSE) return out;
  each_slice(map, length_bytes, [](uint8_t& first) {
    if (type_of(first) == kCra) first = static_cast<uint8_t>((first & 0x81U) | kBlaWithDecodable << 1U);
  });
  gst_buffer_unmap(out.get(), &map);
  return out;
}

}  // namespace

Splice::Splice(const gst::TrackFormat& format) {
  if (format.codec != "H265" || format.setup.size() <= kLengthAt) return;
  length_bytes_ = (static_cast<unsigned char>(format.setup[kLengthAt]) & 3U) + 1;
}

bool Splice::pass(gst::Frame& frame, bool first) {
  if (length_bytes_ == 0 || (frame.key && !frame.anew && !first)) {
    leaves_out_ = false;
    return true;
  }
  if (!frame.key && !leaves_out_) return true;
  const auto type = slices_of(frame.data.get(), length_bytes_).value_or(0);
  if (!frame.key) return type != kSkippedLeading && type != kSkippedLeading + 1;
  leaves_out_ = true;  // what refers to before follows no other kind of key frame
  if (type == kCra && !first) frame.data = with_broken_link(frame.data.get(), length_bytes_);
  return true;
}

}  // namespace kms::recorder
