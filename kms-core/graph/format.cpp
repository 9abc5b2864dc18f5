// SPDX-License-Identifier: Apache-2.0
#include "kms-core/graph/format.hpp"

namespace kms::graph {

v1::Format to_proto(const Format& format) {
  v1::Format message;
  message.set_packing(format.packing);
  message.set_codec(format.codec);
  return message;
}

std::string to_text(MediaKind kind) {
  switch (kind) {
    case v1::MEDIA_KIND_AUDIO:
      return "audio";
    case v1::MEDIA_KIND_VIDEO:
      return "video";
    case v1::MEDIA_KIND_DATA:
      return "data";
    default:
      return "unknown";
  }
}

std::string to_text(const Format& format, MediaKind kind) {
  switch (format.packing) {
    case v1::PACKING_RAW:
      return "raw " + to_text(kind);
    case v1::PACKING_ENCODED:
      return format.codec;
    case v1::PACKING_RTP:
      return format.codec + " in RTP";
    default:
      return "unknown " + to_text(kind);
  }
}

}  // namespace kms::graph
