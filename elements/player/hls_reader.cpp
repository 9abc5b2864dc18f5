// SPDX-License-Identifier: Apache-2.0
#include "elements/player/hls_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kms::player {
namespace {

constexpr size_t kMostPlaylist = 1U << 20;
constexpr uint64_t kLiveSegments = 3;  // from the end, where a live stream is begun (RFC 8216, 6.3.3)
constexpr int kPatientLooks = 8;  // a target duration has two; then a list without a new segment is stalled
constexpr std::chrono::milliseconds kLeastWait(200);
// Of a resource that is no segment but goes on for ever.
constexpr uint64_t kMostSegment = uint64_t{1} << 30;

Status unreadable(const std::string& uri, std::string_view why) {
  return error(StatusCode::kFailedPrecondition, "UNREADABLE", fmt::format("{}: {}", uri, why));
}

}  // namespace

Result<std::string> HlsReader::resolve(const std::string& uri) const {
  constexpr auto kFlags = static_cast<GUriFlags>(SOUP_HTTP_URI_FLAGS);
  const std::unique_ptr<char, decltype(&g_free)> whole(
      g_uri_resolve_relative(base_.c_str(), uri.c_str(), kFlags, nullptr), g_free);
  if (!whole) return unreadable(base_, "it names what is no address");
  return std::string(whole.get());
}

Result<HlsPlaylist> HlsReader::fetch_playlist(const std::string& uri) {
  auto fetch = HttpFetch::get({.uri = uri, .offset = 0, .patience_s = setup_.patience_s}, setup_.policy,
                              setup_.cancellable);
  if (!fetch.ok()) return fetch.status();
  base_ = (*fetch)->uri();  // after redirections
  std::string text;
  std::array<char, 16 * 1024> bytes;
  for (;;) {
    const auto count = (*fetch)->read(bytes.data(), bytes.size(), setup_.cancellable);
    if (!count.ok()) return count.status();
    if (*count == 0) break;
    text.append(bytes.data(), *count);
    if (text.size() > kMostPlaylist) break;  // refused by the parser
  }
  auto playlist = parse_hls_playlist(text);
  if (playlist.ok()) return playlist;
  const auto& why = playlist.status();
  return error(why.code(), reason_of(why), fmt::format("{}: {}", base_, message_of(why)));
}

Status HlsReader::open() {
  auto playlist = fetch_playlist(setup_.uri);
  if (!playlist.ok()) return playlist.status();
  if (const auto* variant = choose_variant(playlist->variants, setup_.most_bps)) {
    const auto uri = resolve(variant->uri);
    if (!uri.ok()) return uri.status();
    playlist = fetch_playlist(*uri);
    if (!playlist.ok()) return playlist.status();
  }
  playlist_ = std::move(*playlist);
  if (playlist_.encrypted) {
    return error(StatusCode::kUnimplemented, "ENCRYPTED",
                 fmt::format("{}: its segments are encrypted", base_));
  }
  if (playlist_.segments.empty() && (playlist_.ended || !playlist_.variants.empty())) {
    return error(StatusCode::kInvalidArgument, "NOT_MEDIA", fmt::format("{}: no segments in it", base_));
  }
  if (playlist_.segments.empty()) return ok();
  const auto count = static_cast<uint64_t>(playlist_.segments.size());
  next_ = playlist_.segments.front().number + (playlist_.ended ? 0 : count - std::min(count, kLiveSegments));
  return ok();
}

Status HlsReader::load() {
  auto playlist = fetch_playlist(base_);
  if (!playlist.ok()) return playlist.status();
  if (playlist->encrypted) {
    return error(StatusCode::kUnimplemented, "ENCRYPTED",
                 fmt::format("{}: its segments are encrypted", base_));
  }
  playlist_ = std::move(*playlist);
  if (playlist_.segments.empty()) return ok();
  // The server began anew, or we were too slow: what is there now.
  const auto first = playlist_.segments.front().number;
  const auto last = playlist_.segments.back().number;
  if (next_ < first || next_ > last + 1) next_ = last - std::min(last - first, kLiveSegments - 1);
  return ok();
}

Status HlsReader::read(const Take& take, const Wait& wait) {
  int in_vain = 0;  // looks; by the clock a reader that was held up would not have looked at all
  for (;;) {
    for (const auto& segment : playlist_.segments) {
      if (segment.number < next_) continue;
      const auto status = read_segment(segment, take);
      if (!status.ok() || enough_) return status;
      next_ = segment.number + 1;
      in_vain = 0;
    }
    if (playlist_.ended) return ok();
    if (in_vain++ > kPatientLooks) return unreadable(base_, "no new segment for long");
    const auto target = std::max<std::chrono::milliseconds>(playlist_.target, std::chrono::seconds(1));
    if (!wait(std::max(target / 2, kLeastWait))) return ok();
    const auto status = load();
    if (!status.ok()) return status;
  }
}

Status HlsReader::read_segment(const HlsSegment& segment, const Take& take) {
  if (segment.map && segment.map != map_) {
    const auto status = read_part(*segment.map, take);
    if (!status.ok()) return status;
    map_ = segment.map;
  }
  return read_part(segment.media, take);
}

Status HlsReader::read_part(const HlsPart& part, const Take& take) {
  const auto uri = resolve(part.uri);
  if (!uri.ok()) return uri.status();
  auto fetch = HttpFetch::get({.uri = *uri, .offset = part.offset, .patience_s = setup_.patience_s},
                              setup_.policy, setup_.cancellable);
  if (!fetch.ok()) return fetch.status();
  auto left = part.length.value_or(kMostSegment);
  std::array<char, 64 * 1024> bytes;
  while (left > 0 && !enough_) {
    const auto count =
        (*fetch)->read(bytes.data(), std::min<uint64_t>(left, bytes.size()), setup_.cancellable);
    if (!count.ok()) return count.status();
    if (*count == 0) return part.length ? unreadable(*uri, "the part named is not there") : ok();
    left -= *count;
    enough_ = !take(bytes.data(), *count);
  }
  return left > 0 || part.length ? ok() : unreadable(*uri, "a segment without an end");
}

}  // namespace kms::player
