// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "elements/recorder/hls_cutter.hpp"
#include "elements/recorder/hls_show.hpp"
#include "elements/recorder/muxer.hpp"

namespace kms::recorder {

// A part of a recording as HLS: an init segment and segments, each a file. Blocks; one thread at a time.
class HlsPart {
 public:
  HlsPart(std::shared_ptr<HlsShow> show, const MuxerPlan& plan, unsigned number);

  // Frames as Muxer::fragment() takes them. Errors: those of WholeFile.
  Status write(const std::vector<Sample>& samples);
  uint64_t size() const { return size_; }  // bytes, of all segments
  // True once for a segment.
  bool wants_key_frame();
  // No more frames come: the last segment gets into the playlist. Errors: as above.
  Status finish();
  // What the journal noted of it, once it is finished: the playlist has no end yet.
  void leave(JournalEntry note) { show_->leave(number_, std::move(note)); }

 private:
  Status begin();
  Status write_piece(const HlsCutter::Piece& piece);
  Status write_samples(const std::vector<Sample>& samples);
  Status end_segment(std::chrono::nanoseconds duration);

  const std::shared_ptr<HlsShow> show_;
  const std::unique_ptr<Muxer> muxer_;
  const std::chrono::system_clock::time_point start_;
  const unsigned number_;
  const std::string prefix_;
  const size_t main_;  // track
  HlsCutter cutter_;
  std::optional<WholeFile> segment_;
  std::string name_;  // of the segment
  unsigned segments_ = 0;
  bool begun_ = false;
  unsigned asked_ = 0;  // for the end of which segment
  uint64_t size_ = 0;
  int64_t written_ = 0;  // up to where of the main track
};

}  // namespace kms::recorder
