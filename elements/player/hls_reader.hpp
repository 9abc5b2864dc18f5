// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "elements/player/http_fetch.hpp"
#include "elements/player/words/hls_playlist.hpp"

namespace kms::player {

// Follows a playlist of HTTP Live Streaming. Blocks; lives on one thread, which has a GMainContext of its own
// as default.
class HlsReader {
 public:
  struct Setup {
    std::string uri;
    AddressPolicy policy;
    uint64_t most_bps = 0;  // 0: no limit
    unsigned patience_s = 10;
    GCancellable* cancellable = nullptr;
  };
  // What to do with bytes; false: no more is wanted.
  using Take = std::function<bool(const char* bytes, size_t size)>;
  // Waits that long; false: no more is wanted.
  using Wait = std::function<bool(std::chrono::milliseconds)>;

  explicit HlsReader(Setup setup) : setup_(std::move(setup)) {}

  // Finds the playlist of segments, and where to begin: at the beginning of what has an end, otherwise three
  // segments before the end. Errors: URI_NOT_ALLOWED, NOT_FOUND, UNREADABLE, NOT_MEDIA, ENCRYPTED.
  Status open();

  // All segments, as they come, to the end of the stream (ok). Errors as above.
  Status read(const Take& take, const Wait& wait);

 private:
  Result<HlsPlaylist> fetch_playlist(const std::string& uri);
  Status load();
  Status read_segment(const HlsSegment& segment, const Take& take);
  Status read_part(const HlsPart& part, const Take& take);
  Result<std::string> resolve(const std::string& uri) const;

  const Setup setup_;
  std::string base_;  // the playlist of segments
  HlsPlaylist playlist_;
  uint64_t next_ = 0;  // number of the segment that comes next
  std::optional<HlsPart> map_;
  bool enough_ = false;
};

}  // namespace kms::player
