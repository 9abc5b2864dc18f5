// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "elements/recorder/muxer.hpp"

namespace kms::recorder {

// MP4 in fragments (ISO 14496-12, 8.8): "ftyp", a place that finish_file() makes the head of one "mdat"
// around all fragments, "moov", and a "moof" with its "mdat" for each fragment. A fragment needs no key
// frame.
class Mp4Muxer : public Muxer {
 public:
  static constexpr uint64_t kMovieTimescale = 1000000;

  explicit Mp4Muxer(const MuxerPlan& plan);
  std::string head() override;
  void fragment(const std::vector<Sample>& samples, gst::Gathered& out) override;

 private:
  // A track's frames in one fragment, in decoding order.
  struct Run {
    std::vector<const Sample*> samples;
    std::vector<uint64_t> decoding;  // times in the track's scale
    uint64_t bytes = 0;
  };
  struct Line {
    uint64_t timescale = 0;
    uint64_t next = 0;    // decoding times do not go below
    uint64_t length = 0;  // of the last frame that had one
  };
  std::string track(size_t index) const;
  std::vector<Run> runs_of(const std::vector<Sample>& samples);
  void set_times(Run& run, Line& line) const;
  std::string moof(std::vector<Run>& runs, uint64_t size_of_moof);
  std::string traf(size_t index, Run& run, uint64_t data_offset);

  const MuxerPlan plan_;
  std::vector<Line> lines_;
  uint32_t sequence_ = 0;
};

Result<Contents> finish_mp4(int file, Steps& steps);

}  // namespace kms::recorder
