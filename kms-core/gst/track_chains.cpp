// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/track_chains.hpp"

#include <fmt/format.h>

#include <string_view>

#include "kms-core/gst/codecs.hpp"

namespace kms::gst {
namespace {

// Pictures that follow each other (AVI with JPEG) have a rate.
bool stands_still(const GstStructure* structure) {
  gint top = 0;
  gint bottom = 1;
  return gst_structure_get_fraction(structure, "framerate", &top, &bottom) == FALSE || top == 0;
}

}  // namespace

Result<std::string> sound_chain(const GstCaps* caps) {
  const auto codec = codec_of(caps);
  if (!codec.ok()) return codec.status();
  const auto decoder = codec->empty() ? Result<std::string>("identity silent=true") : decoder_chain(*codec);
  if (!decoder.ok()) return decoder.status();
  return *decoder + " ! audioconvert ! scaletempo ! audioconvert ! " + kVolumeFactory;
}

std::string still_chain(const GstCaps* caps, const Still& still) {
  const auto* structure = gst_caps_get_structure(caps, 0);
  const std::string_view type = gst_structure_get_name(structure);
  const auto* decoder = type == "image/png" ? "pngdec" : type == "image/jpeg" ? "jpegdec" : nullptr;
  if (decoder == nullptr || !stands_still(structure)) return {};
  const auto pictures = gst_util_uint64_scale_ceil(still.duration, still.rate, GST_SECOND);
  return fmt::format(
      "{} ! videoconvert ! imagefreeze num-buffers={} ! capsfilter caps=video/x-raw,framerate={}/1", decoder,
      still.duration == 0 ? -1 : static_cast<int>(pictures), still.rate);
}

}  // namespace kms::gst
