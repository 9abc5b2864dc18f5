// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "elements/recorder/hls_playlist.hpp"
#include "elements/recorder/journal.hpp"
#include "elements/recorder/kept_show.hpp"
#include "elements/recorder/whole_file.hpp"
#include "kms-core/base/config.hpp"

namespace kms::recorder {

// A recording as HLS: its playlist, which is written anew with each segment, and where its files are. The
// parts of the recording are in it one after the other, although they may be written at the same time for a
// moment. Blocks; any thread.
class HlsShow {
 public:
  struct Plan {
    HlsPlaylist::Options playlist;
    std::string uri;    // of the playlist: file, s3, http(s)
    std::string group;  // of uploads
    bool overwrite = false;
  };
  // Makes the folder if need be. Errors: those of UriPolicy, FILE_EXISTS, WRITE_FAILED.
  static Result<std::shared_ptr<HlsShow>> make(const Config& config, storage::Uploads* uploads,
                                               const Plan& plan);

  const std::string& id() const { return id_; }    // no two have the same
  const std::string& uri() const { return uri_; }  // of the playlist
  // "live" of "/folder/live.m3u8": what the names of its files begin with.
  const std::string& stem() const { return stem_; }
  const HlsPlaylist::Options& options() const { return options_; }
  // Of the playlist, in a folder; empty: it is not in one.
  std::string path() const { return place_.uploads == nullptr ? place_.base + stem_ + ".m3u8" : ""; }
  // Where the playlist is that the next start would end if the server were killed; empty: nowhere.
  std::string left_behind() const { return place_.uploads == nullptr ? path() : kept_.playlist(); }
  // The head of a part's segments, for that start.
  void keep(const std::string& name, const std::string& head) const { kept_.keep(name, head); }
  // A new file beside the playlist.
  Result<WholeFile> file(const std::string& name) const {
    return WholeFile::make(place_, name, overwrite_ && place_.uploads == nullptr);
  }
  // Of a segment, which add() follows; a server that is killed between knows how long it is. `end` in the
  // time of its part. Errors: those of WholeFile.
  Status commit(WholeFile& file, const std::string& segment, std::chrono::nanoseconds duration,
                std::chrono::nanoseconds end) const;

  // Of a part, in this order. Errors: those of WholeFile.
  void begin(unsigned part, const std::string& init, std::chrono::system_clock::time_point start);
  Status add(unsigned part, const std::string& segment, std::chrono::nanoseconds duration);
  Status end(unsigned part);

  // The journal knows of a part: its note of the one before is needed no more.
  void noted(unsigned part);
  // Keeps what the journal noted of a part that has ended until it knows of a later one, or the playlist has
  // its end: the next start could not give it one otherwise.
  void leave(unsigned part, JournalEntry note);
  // No more parts come.
  Status close();

 private:
  struct Segment {
    std::string name;
    std::chrono::nanoseconds duration;
  };
  // Segments that have not got into the playlist yet.
  struct Part {
    std::string init;
    std::chrono::system_clock::time_point start;
    std::vector<Segment> segments = {};
    bool begun = false;
    bool ended = false;
  };
  HlsShow(const Plan& plan, Place place, std::string stem, KeptShow kept);
  Status show();
  void remove(const std::vector<std::string>& names) const;
  void forget();

  const std::string id_;
  const HlsPlaylist::Options options_;
  const std::string uri_;
  const bool overwrite_;
  const Place place_;
  const std::string stem_;
  KeptShow kept_;  // of what goes to a storage
  std::mutex mutex_;
  HlsPlaylist playlist_;
  std::map<unsigned, Part> parts_;  // that have not ended, or wait for one before them
  unsigned noted_ = 0;              // the latest part
  std::optional<JournalEntry> left_;
  bool shown_ = false;
};

}  // namespace kms::recorder
