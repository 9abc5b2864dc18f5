// SPDX-License-Identifier: Apache-2.0
#include "elements/recorder/hls_playlist.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace kms::recorder {
namespace {

using Seconds = std::chrono::duration<double>;

std::string date_of(std::chrono::system_clock::time_point time) {
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(time)),
                     since % 1000);
}

}  // namespace

HlsPlaylist::HlsPlaylist(const Options& options) : options_(options) {}

void HlsPlaylist::begin(const std::string& init, std::chrono::system_clock::time_point start) {
  breaks_ = !init_.empty();
  init_ = init;
  next_start_ = start;
}

std::vector<std::string> HlsPlaylist::add(const std::string& segment, std::chrono::nanoseconds duration) {
  segments_.push_back({segment, init_, duration, next_start_, breaks_});
  longest_ = std::max(longest_, duration);
  next_start_ += std::chrono::duration_cast<std::chrono::system_clock::duration>(duration);
  breaks_ = false;
  std::vector<std::string> needless;
  while (options_.window > 0 && segments_.size() > options_.window) retire(needless);
  return needless;
}

// A segment must stay for as long as the longest playlist with it was (6.2.2).
void HlsPlaylist::retire(std::vector<std::string>& needless) {
  retired_.push_back(segments_.front());
  segments_.pop_front();
  ++first_;
  if (retired_.back().discontinuity) ++discontinuities_;
  if (retired_.size() <= options_.window + 1) return;
  const auto oldest = retired_.front();
  retired_.pop_front();
  needless.push_back(oldest.name);
  if (retired_.front().init != oldest.init) needless.push_back(oldest.init);
}

// The target duration must not be less than any segment's, rounded (4.3.3.1).
std::string HlsPlaylist::text() const {
  const auto target =
      std::max(std::ceil(Seconds(options_.target).count()), std::round(Seconds(longest_).count()));
  auto out = fmt::format(
      "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{:.0f}\n#EXT-X-MEDIA-SEQUENCE:{}\n", target, first_);
  if (options_.window == 0) out += "#EXT-X-PLAYLIST-TYPE:EVENT\n";
  if (discontinuities_ > 0) out += fmt::format("#EXT-X-DISCONTINUITY-SEQUENCE:{}\n", discontinuities_);
  out += "#EXT-X-INDEPENDENT-SEGMENTS\n";
  std::string init;
  for (const auto& segment : segments_) {
    if (segment.discontinuity) out += "#EXT-X-DISCONTINUITY\n";
    if (segment.init != init) {
      init = segment.init;
      out +=
          fmt::format("#EXT-X-MAP:URI=\"{}\"\n#EXT-X-PROGRAM-DATE-TIME:{}\n", init, date_of(segment.start));
    }
    out += fmt::format("#EXTINF:{:.6f},\n{}\n", Seconds(segment.duration).count(), segment.name);
  }
  return ended_ ? out + "#EXT-X-ENDLIST\n" : out;
}

}  // namespace kms::recorder
