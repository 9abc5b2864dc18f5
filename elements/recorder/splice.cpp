// SPDX-License-Identifier: Apache-2.0
#include "elements/recorder/splice.hpp"

#include "elements/recorder/words/h265_units.hpp"

namespace kms::recorder {
namespace {

h265::Picture picture_of(GstBuffer* buffer, size_t length_bytes) {
  auto out = h265::Picture::kOther;
  GstMapInfo map;
  if (gst_buffer_map(buffer, &map, GST_MAP_READ) == FALSE) return out;
  out = h265::picture_of({map.data, map.size}, length_bytes).value_or(out);
  gst_buffer_unmap(buffer, &map);
  return out;
}

// Others have the buffer too.
gst::Ref<GstBuffer> with_broken_link(GstBuffer* buffer, size_t length_bytes) {
  auto out = gst::Ref<GstBuffer>::adopt(gst_buffer_copy_deep(buffer));
  GstMapInfo map;
  if (gst_buffer_map(out.get(), &map, GST_MAP_READWRITE) == FALSE) return out;
  h265::break_link({map.data, map.size}, length_bytes);
  gst_buffer_unmap(out.get(), &map);
  return out;
}

}  // namespace

Splice::Splice(const gst::TrackFormat& format)
    : length_bytes_(format.codec == "H265" ? h265::length_bytes_of(format.setup) : 0) {}

bool Splice::pass(gst::Frame& frame, bool first) {
  if (length_bytes_ == 0 || (frame.key && !frame.anew && !first)) {
    leaves_out_ = false;
    return true;
  }
  if (!frame.key && !leaves_out_) return true;
  const auto picture = picture_of(frame.data.get(), length_bytes_);
  if (!frame.key) return picture != h265::Picture::kSkipped;
  leaves_out_ = true;  // what refers to before follows no other kind of key frame
  if (picture == h265::Picture::kCra && !first)
    frame.data = with_broken_link(frame.data.get(), length_bytes_);
  return true;
}

}  // namespace kms::recorder
