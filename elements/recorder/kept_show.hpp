// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "elements/recorder/muxer.hpp"
#include "kms-core/base/config.hpp"
#include "kms-core/storage/uploads.hpp"

namespace kms::recorder {

// Beside a segment that is at the storage, and may not be in the playlist: how long it is, and where in the
// time of its part it ends, in nanoseconds.
constexpr std::string_view kLength = ".length";

// Of a recording as HLS whose files go to a storage and are gone here: its playlist and the heads of its
// parts, in a folder in the spool, so that the next start of a server can end a playlist that a killed one
// left. Blocks; one thread at a time.
class KeptShow {
 public:
  KeptShow() = default;  // keeps nothing
  // `playlist`: its name. Where nothing can be kept, a line is logged: a recording is not refused for it.
  KeptShow(const Config& config, const std::string& playlist);

  const std::string& playlist() const { return playlist_; }  // path; empty: nothing is kept
  // A file as it is now at the storage, or will be. False: it could not be kept.
  bool keep(const std::string& name, const std::string& content) const;
  void forget(const std::string& name) const;
  // The playlist has its end.
  void drop();

  // All folders there are.
  static std::vector<std::string> folders(const Config& config);

 private:
  std::string playlist_;
};

// What a killed server left of a recording at a storage.
struct StoredShow {
  std::string playlist;  // that was kept, path
  std::string uri;       // where it goes
  std::string group;     // of its uploads
  unsigned part = 0;     // that was being written
};

// Ends it as finish_hls() does, and hands over what the storage has not. Blocks. Errors: as of finish_hls(),
// SPOOL_FULL.
Result<Contents> finish_stored_hls(const StoredShow& show, storage::Uploads& uploads);

}  // namespace kms::recorder
