// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gst/gst.h>

#include <string>
#include <vector>

#include "kms-core/base/status.hpp"

namespace kms::gst {

// What a container says once about a track's frames.
struct TrackFormat {
  std::string codec;  // RTP encoding name in upper case: "H264", "OPUS"
  bool video = false;
  std::string setup = {};  // the decoder's configuration record (avcC, hvcC, av1C, AudioSpecificConfig)
  std::vector<std::string> headers = {};  // of Vorbis, Theora, FLAC and Opus, in their order
  unsigned width = 0;                     // pixels
  unsigned height = 0;
  unsigned rate = 0;  // samples per second
  unsigned channels = 0;
  std::string orientation = {};  // as StreamInfo::orientation
  bool operator==(const TrackFormat&) const = default;
};

// Of encoded media. Errors: CODEC_UNSUPPORTED.
Result<TrackFormat> track_format(const GstCaps* caps);

// Whether a file may go on when a track's format changes so. What decoders find in the frames themselves (the
// size of VP8, VP9 and AV1 pictures) may change, what stands once in the file's head may not.
bool may_go_on(const TrackFormat& before, const TrackFormat& after);

}  // namespace kms::gst
