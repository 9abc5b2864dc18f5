// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "elements/recorder/muxer.hpp"

namespace kms::recorder {

// Divides the frames of a part into segments: one ends before the first key frame of the main track (the
// pictures, where there are some) that comes when the segment is as long as it is meant to be. One thread.
class HlsCutter {
 public:
  HlsCutter(size_t main_track, std::chrono::nanoseconds target) : main_(main_track), target_(target) {}

  // Frames that belong into one segment, in the order in which they came.
  struct Piece {
    std::vector<Sample> samples;
    std::optional<std::chrono::nanoseconds> ends = {};  // with them the segment ends, which has this duration
  };
  std::vector<Piece> cut(const std::vector<Sample>& samples);

  // The duration of the segment that was begun last, up to a time.
  std::chrono::nanoseconds rest(int64_t until = std::numeric_limits<int64_t>::max()) const {
    return std::chrono::nanoseconds(std::max(begin_, std::min(end_, until)) - begin_);
  }
  // The segment is as long as it is meant to be, and waits for a key frame.
  bool is_due() const { return std::chrono::nanoseconds(end_ - begin_) >= target_; }

 private:
  bool ends_before(const Sample& sample) const;

  const size_t main_;
  const std::chrono::nanoseconds target_;
  bool begun_ = false;
  int64_t begin_ = 0;  // time of the segment's first frame
  int64_t end_ = 0;    // where its last frame of the main track ends
};

}  // namespace kms::recorder
