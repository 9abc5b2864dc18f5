// SPDX-License-Identifier: Apache-2.0
#include "kms-core/bridge/video_frames.hpp"

namespace kms::bridge {
namespace {

// More than any frame has; a sender that marks no end keeps no more of us than this.
constexpr size_t kMostPackets = 2048;

}  // namespace

void VideoFrames::give_up() {
  current_.clear();
  waiting_ = true;
}

void VideoFrames::finish() {
  if (!current_.empty()) complete_.push_back(std::move(current_));
  current_.clear();
}

void VideoFrames::put(JitterBuffer::Next next) {
  complete_.clear();
  if (next.lost > 0 || next.anew || current_.size() >= kMostPackets) give_up();
  auto& packet = next.packet;
  if (waiting_ && !packet->starts_key_frame) return;
  waiting_ = false;
  // A sender that does not mark a frame's end: the next one's beginning is it.
  if (!current_.empty() && current_.front()->timestamp != packet->timestamp) finish();
  const bool last = packet->marker;
  current_.push_back(std::move(packet));
  if (last) finish();
}

std::optional<unsigned> turns_of(const VideoFrames::Frame& frame) {
  for (auto packet = frame.rbegin(); packet != frame.rend(); ++packet) {
    for (size_t i = 0; i < (*packet)->extension_count; ++i) {
      const auto& extension = (*packet)->extensions[i];
      if (extension.kind == rtc::ExtensionKind::kVideoOrientation && extension.size >= 1)
        return extension.value[0] & 3U;
    }
  }
  return std::nullopt;
}

}  // namespace kms::bridge
