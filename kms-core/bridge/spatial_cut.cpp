// SPDX-License-Identifier: Apache-2.0
#include "kms-core/bridge/spatial_cut.hpp"

#include <algorithm>

namespace kms::bridge {

// Layers follow each other in a picture, the lowest first.
std::span<const rtc::PacketRef> SpatialCut::cut(const VideoFrames::Frame& frame) {
  const uint8_t wanted = wanted_;
  const uint8_t limit = frame.front()->starts_key_frame ? wanted : std::min<uint8_t>(limit_, wanted);
  limit_ = limit;
  const auto above =
      std::ranges::find_if(frame, [limit](const auto& packet) { return packet->layers.spatial > limit; });
  lacks_ = above != frame.end() && (*above)->layers.spatial <= wanted;
  return std::span(frame).first(static_cast<size_t>(above - frame.begin()));
}

}  // namespace kms::bridge
