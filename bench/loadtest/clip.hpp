// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "kms-core/base/status.hpp"
#include "kms-core/rtc/wire/bytes.hpp"
#include "kms-core/rtc/wire/clock.hpp"

namespace kms::rtc::loadtest {

struct ClipFrame {
  std::vector<uint8_t> bytes;
  bool key = false;
};

// Encoded VP8 that publishers send over and over again. It begins with a key frame. Immutable once made.
struct Clip {
  Duration frame_time{};
  std::vector<ClipFrame> frames;

  // The nearest key frame from `at` on; the first one behind the last.
  size_t key_frame_from(size_t at) const;
  double bitrate_bps() const;
};

struct ClipShape {
  uint16_t width = 1280;
  uint16_t height = 720;
  double frames_per_second = 30;
  double bitrate_bps = 1.5e6;
  double seconds = 4;  // from one key frame to the next
};

// Frames with headers as VP8 has them, of sizes as an encoder makes them, and nothing to be seen inside.
Clip made_clip(const ClipShape& shape);

// VP8 in IVF, as `ffmpeg -c:v libvpx clip.ivf` writes it. Reason of failure: CLIP_INVALID.
Result<Clip> read_ivf(Bytes file);

}  // namespace kms::rtc::loadtest
