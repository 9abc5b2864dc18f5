// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace kms::recorder {

// The text of an HLS playlist (RFC 8216) of fragmented MP4, as it grows. Either it keeps all segments (EVENT,
// for players that come later as well), or it is live and lists the last few. No thread, no file.
class HlsPlaylist {
 public:
  struct Options {
    std::chrono::milliseconds target{4000};  // duration that segments are meant to have
    unsigned window = 0;                     // segments in a live playlist; 0: all
  };
  explicit HlsPlaylist(const Options& options);

  // The segments from now on belong to this init segment. Those of another one are a discontinuity: other
  // formats, time stamps that begin anew. `start`: when the first of them was captured.
  void begin(const std::string& init, std::chrono::system_clock::time_point start);
  // A segment is there. Answers the files that nobody who goes by an earlier text asks for any more.
  std::vector<std::string> add(const std::string& segment, std::chrono::nanoseconds duration);
  // No more segments come.
  void end() { ended_ = true; }

  std::string text() const;
  bool empty() const { return segments_.empty(); }

 private:
  struct Segment {
    std::string name;
    std::string init;
    std::chrono::nanoseconds duration;
    std::chrono::system_clock::time_point start;
    bool discontinuity;
  };
  void retire(std::vector<std::string>& needless);

  const Options options_;
  std::deque<Segment> segments_;
  std::deque<Segment> retired_;  // no longer listed, but a player may still ask for them
  std::chrono::nanoseconds longest_{0};
  uint64_t first_ = 0;            // number of the first that is listed
  uint64_t discontinuities_ = 0;  // before the first that is listed
  std::string init_;
  std::chrono::system_clock::time_point next_start_;
  bool breaks_ = false;  // the next segment is of another init segment than the one before
  bool ended_ = false;
};

}  // namespace kms::recorder
