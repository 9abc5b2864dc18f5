// SPDX-License-Identifier: Apache-2.0
#include "elements/player/words/hls_playlist.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace kms::player {
namespace {

constexpr size_t kMostBytes = 1U << 20;
constexpr size_t kMostEntries = 20'000;
constexpr double kLongest = 3600;  // seconds, of a segment

Status bad(std::string_view what) {
  return error(StatusCode::kInvalidArgument, "NOT_MEDIA",
               fmt::format("no playlist that can be played: {}", what));
}

template <typename Number>
std::optional<Number> leading(std::string_view text) {
  Number value{};
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  return problem == std::errc() && end != text.data() ? std::optional(value) : std::nullopt;
}

std::string_view line_of(std::string_view& text) {
  const auto end = std::min(text.find('\n'), text.size());
  auto line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
  return line;
}

// The value of an attribute in NAME=value,NAME="value", without quotes.
std::optional<std::string_view> attribute(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    const auto equals = list.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const auto key = list.substr(0, equals);
    list.remove_prefix(equals + 1);
    const bool quoted = list.starts_with('"');
    if (quoted) list.remove_prefix(1);
    const auto end = std::min(list.find(quoted ? '"' : ','), list.size());
    const auto value = list.substr(0, end);
    list.remove_prefix(std::min(list.find(',', end), list.size()));
    if (!list.empty()) list.remove_prefix(1);
    if (key.substr(std::min(key.find_first_not_of(' '), key.size())) == name) return value;
  }
  return std::nullopt;
}

// "LENGTH@OFFSET" or "LENGTH", which goes on where the part before ended.
bool read_range(std::string_view text, uint64_t next, HlsPart& part) {
  const auto length = leading<uint64_t>(text);
  const auto at = text.find('@');
  const auto offset =
      at == std::string_view::npos ? std::optional(next) : leading<uint64_t>(text.substr(at + 1));
  constexpr uint64_t kMost = uint64_t{1} << 48;
  if (!length || !offset || *length == 0 || *length > kMost || *offset > kMost) return false;
  part.length = *length;
  part.offset = *offset;
  return true;
}

class Reader {
 public:
  Result<HlsPlaylist> read(std::string_view text) {
    if (!line_of(text).starts_with("#EXTM3U")) return bad("it does not begin with #EXTM3U");
    while (!text.empty()) {
      const auto line = line_of(text);
      const auto status = line.starts_with('#') ? tag(line) : address(line);
      if (!status.ok()) return status;
    }
    if (out_.variants.empty() && out_.segments.empty() && out_.target.count() == 0) return bad("it is empty");
    return std::move(out_);
  }

 private:
  // Where `name` begins the line: what follows it.
  static std::optional<std::string_view> after(std::string_view line, std::string_view name) {
    return line.starts_with(name) ? std::optional(line.substr(name.size())) : std::nullopt;
  }

  Status tag(std::string_view line) {
    if (const auto v = after(line, "#EXTINF:")) return segment_follows(*v);
    if (const auto v = after(line, "#EXT-X-STREAM-INF:")) return variant_follows(*v);
    if (const auto v = after(line, "#EXT-X-TARGETDURATION:")) return take_target(*v);
    if (const auto v = after(line, "#EXT-X-MEDIA-SEQUENCE:")) number_ = leading<uint64_t>(*v).value_or(0);
    if (const auto v = after(line, "#EXT-X-BYTERANGE:")) range_ = *v;
    if (const auto v = after(line, "#EXT-X-MAP:")) return take_map(*v);
    if (const auto v = after(line, "#EXT-X-KEY:")) key_ = attribute(*v, "METHOD").value_or("NONE") != "NONE";
    if (line == "#EXT-X-ENDLIST") out_.ended = true;
    return ok();
  }

  Status take_target(std::string_view value) {
    const auto seconds = leading<unsigned>(value);
    if (!seconds || *seconds == 0 || *seconds > kLongest) return bad("a target duration out of range");
    out_.target = std::chrono::seconds(*seconds);
    return ok();
  }

  Status segment_follows(std::string_view value) {
    const auto seconds = leading<double>(value);
    if (!seconds || !(*seconds >= 0) || *seconds > kLongest) return bad("a segment's duration out of range");
    duration_ = std::chrono::milliseconds(static_cast<int64_t>(*seconds * 1000));
    return ok();
  }

  Status variant_follows(std::string_view value) {
    bandwidth_ = leading<uint64_t>(attribute(value, "BANDWIDTH").value_or("0")).value_or(0);
    return ok();
  }

  Status take_map(std::string_view value) {
    HlsPart map{.uri = std::string(attribute(value, "URI").value_or("")), .offset = 0, .length = {}};
    if (map.uri.empty()) return bad("a map without an address");
    const auto range = attribute(value, "BYTERANGE");
    if (range && !read_range(*range, 0, map)) return bad("a part of nothing");
    map_ = std::move(map);
    return ok();
  }

  Status address(std::string_view line) {
    if (line.empty()) return ok();
    if (out_.segments.size() + out_.variants.size() >= kMostEntries) return bad("it is too long");
    if (bandwidth_) {
      out_.variants.push_back({std::string(line), *bandwidth_});
      bandwidth_.reset();
      return ok();
    }
    if (!duration_) return ok();  // of nothing that was announced
    HlsSegment segment{.media = {.uri = std::string(line), .offset = 0, .length = {}},
                       .map = map_,
                       .number = number_++,
                       .duration = *std::exchange(duration_, std::nullopt)};
    if (!range_.empty()) {
      const bool same = !out_.segments.empty() && out_.segments.back().media.uri == line;
      const auto& before = same ? out_.segments.back().media : HlsPart();
      if (!read_range(range_, before.offset + before.length.value_or(0), segment.media))
        return bad("a part of nothing");
      range_.clear();
    }
    out_.encrypted = out_.encrypted || key_;
    out_.segments.push_back(std::move(segment));
    return ok();
  }

  HlsPlaylist out_;
  uint64_t number_ = 0;
  std::optional<std::chrono::milliseconds> duration_;  // of the segment whose address comes next
  std::optional<uint64_t> bandwidth_;                  // of the variant whose address comes next
  std::string range_;
  std::optional<HlsPart> map_;
  bool key_ = false;
};

}  // namespace

Result<HlsPlaylist> parse_hls_playlist(std::string_view text) {
  if (text.size() > kMostBytes) return bad("it is too long");
  return Reader().read(text);
}

const HlsVariant* choose_variant(const std::vector<HlsVariant>& variants, uint64_t limit_bps) {
  const HlsVariant* best = nullptr;
  const HlsVariant* smallest = nullptr;
  for (const auto& variant : variants) {
    const auto bps = variant.bandwidth_bps;
    if (smallest == nullptr || bps < smallest->bandwidth_bps) smallest = &variant;
    if (limit_bps != 0 && bps > limit_bps) continue;
    if (best == nullptr || bps > best->bandwidth_bps) best = &variant;
  }
  return best != nullptr ? best : smallest;
}

}  // namespace kms::player
