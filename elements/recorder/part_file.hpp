// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "elements/recorder/hls_part.hpp"
#include "elements/recorder/journal.hpp"
#include "elements/recorder/muxer.hpp"
#include "elements/recorder/part.hpp"
#include "elements/recorder/recording_file.hpp"
#include "elements/recorder/splice.hpp"
#include "kms-core/gst/frame_sink.hpp"

namespace kms::recorder {

// One part of a recording on its way into its file. Frames are gathered for kLongestWait at most, written
// together, and are safe from then on, whatever becomes of the process. Blocks; one thread at a time.
class PartFile {
 public:
  static constexpr std::chrono::milliseconds kLongestWait{300};

  struct Track {
    size_t line;  // of the recorder
    gst::TrackFormat format;
    std::string name = {};
  };
  struct Plan {
    v1::Container container = v1::CONTAINER_UNSPECIFIED;
    Part part = {};  // its number, URI, reason and start
    std::vector<Track> tracks = {};
    std::string element = {};  // the recorder's resource name
    bool overwrite = false;
    storage::Uploads* uploads = nullptr;     // where a URI that is no file's leads
    std::shared_ptr<HlsShow> hls = nullptr;  // of CONTAINER_HLS
    int64_t origin = 0;                      // nanoseconds: its zero
  };
  // Makes the file. Errors: as make_file() and UriPolicy.
  static Result<std::shared_ptr<PartFile>> make(const Config& config, const Plan& plan);

  // Whether it has a track for the line, and whether that can go on in the format.
  bool has(size_t line) const { return track_of(line) < lines_.size(); }
  bool holds(size_t line, const gst::TrackFormat& format) const;
  // Whether the track's pictures lie as the file's head says.
  bool lies_as(size_t line, const gst::TrackFormat& format) const;

  // `time`: nanoseconds, as `origin`; what is before that is moved up to it. What cannot be decoded is left
  // out. Errors: NO_SPACE, WRITE_FAILED; nothing more is written after one.
  Status add(size_t line, gst::Frame frame, int64_t time);
  // Writes what is gathered; with `stale` only when it has waited for long.
  Status flush();
  Status flush_stale();
  // FILE_REMOVED when the file is no longer where it was made, WRITE_FAILED when nobody can tell: its folder
  // may not be read any more.
  Status look();

  int64_t origin() const { return origin_; }
  // Numbers as of now.
  const Part& part() const { return part_; }
  // As soon as it has a key frame it can go on better (HLS: a new segment).
  bool wants_key_frame() { return hls_ && hls_->wants_key_frame(); }
  // Nothing more comes: gives it its index. A file without a frame is taken away, and its outcome is
  // NOTHING_RECORDED. Where something failed, the numbers are those of what is in the file. `steps`: as
  // finish_file().
  Part finish(Steps& steps);

 private:
  struct Line {
    Track track;
    Splice splice;
    int64_t order = 0;  // latest time so far
    int64_t last = -1;  // time of the last frame
    bool reorders = false;
    size_t ahead = 0;  // gathered frames from the one on that came last in order
  };
  struct Gathered {
    Sample sample;
    int64_t order;
  };

  PartFile(const Plan& plan, OpenFile file, JournalEntry entry);
  size_t track_of(size_t line) const;  // past the last: none
  void count(Line& line, const gst::Frame& frame, int64_t time);
  bool is_enough(const Line& line, bool key) const;
  std::vector<Sample> take_gathered(bool all);
  Status write_out(bool all);
  Status write_fragment(const std::vector<Sample>& samples);
  Status write(const gst::Gathered& bytes);
  Status write_hls(const std::vector<Sample>& samples);
  Part finish_hls();
  Part drop();
  void adopt(const Contents& contents);  // as the part's numbers
  Status look_for_file() const;          // where it was made, and no other

  const v1::Container container_;
  storage::Uploads* const uploads_;  // null: the file stays where it is
  const std::unique_ptr<Muxer> muxer_;
  const std::unique_ptr<HlsPart> hls_;  // instead of the muxer and the file
  OpenFile file_;
  JournalEntry entry_;
  const int64_t origin_;
  Part part_;
  Contents written_;  // size left out
  std::vector<Line> lines_;
  std::vector<Gathered> gathered_;
  uint64_t gathered_bytes_ = 0;
  std::chrono::steady_clock::time_point oldest_;
  bool begun_ = false;  // the head is written
  Status failure_;
};

}  // namespace kms::recorder
