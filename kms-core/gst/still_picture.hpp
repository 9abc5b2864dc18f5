// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "kms-core/base/status.hpp"
#include "kms-core/gst/stream_info.hpp"

namespace kms::gst {

// A picture as one encoded frame that can be decoded by itself.
struct StillPicture {
  Ref<GstBuffer> frame;
  Ref<GstCaps> caps;
};

struct StillAsked {
  std::string path;   // of a PNG or JPEG file, at most 8192 pixels wide and high; was checked
  std::string codec;  // as codec_of() says; empty: the picture is not encoded, but made I420
  int width = 640;    // the picture is scaled into it, with black borders
  int height = 360;
};
// Blocks, at most five seconds: on a worker. Errors: NOT_MEDIA, CODEC_UNSUPPORTED, PLUGIN_MISSING.
Result<StillPicture> encode_still(const StillAsked& asked);

}  // namespace kms::gst
