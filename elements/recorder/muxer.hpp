// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "elements/recorder/container.hpp"
#include "kms-core/gst/gathered.hpp"
#include "kms-core/gst/ref.hpp"
#include "kms-core/gst/track_format.hpp"

namespace kms::recorder {

// A frame with its place in the file.
struct Sample {
  size_t track = 0;  // of MuxerPlan::tracks
  gst::Ref<GstBuffer> data;
  int64_t time = 0;      // when it is shown; nanoseconds from the file's beginning, never below 0
  int64_t duration = 0;  // nanoseconds; 0: not known
  bool key = true;
  int64_t cut = 0;  // of sound: nanoseconds of its end that are not to be heard
};

struct MuxerPlan {
  v1::Container container = v1::CONTAINER_UNSPECIFIED;
  std::vector<gst::TrackFormat> tracks = {};
  std::vector<std::string> names = {};               // of the tracks
  std::chrono::system_clock::time_point start = {};  // of the file, in UTC
};

// Makes the bytes of a file, from its beginning on. What was made so far plays as it is, without an index and
// without a length: finish_file() gives it both. Has no thread and asks nothing of the system; one thread.
class Muxer {
 public:
  virtual ~Muxer() = default;
  // Everything before the first frame.
  virtual std::string head() = 0;
  // Some frames, about a third of a second of all tracks: each track's in decoding order, and all roughly in
  // the order of their times. They need not begin with a key frame, and need not be of all tracks.
  virtual void fragment(const std::vector<Sample>& samples, gst::Gathered& out) = 0;
};

std::unique_ptr<Muxer> make_muxer(const MuxerPlan& plan);

// What is in a file.
struct Contents {
  std::chrono::nanoseconds duration{0};  // of its longest track
  uint64_t size_bytes = 0;
  uint64_t video_frames = 0;
  uint64_t audio_frames = 0;
};

// Gives a file that a Muxer made, whole or cut off anywhere, its index and its length: what was cut off in
// the middle goes, the rest stays as it is. When that fails, the file plays as before. `file` is open for
// reading and writing. Blocks. Errors: NOTHING_RECORDED (no whole frame), NO_SPACE, WRITE_FAILED, MEDIA_ERROR
// (not such a file). `steps` goes up while it gets on: a long file on a slow disk takes its time.
using Steps = std::atomic<uint64_t>;
Result<Contents> finish_file(v1::Container container, int file, Steps& steps);

}  // namespace kms::recorder
