// SPDX-License-Identifier: Apache-2.0
#include "elements/player/words/rtsp_description.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace kms::player {
namespace {

constexpr size_t kMostStreams = 16;
constexpr size_t kMostParameters = 64;

// Payload types that need no a=rtpmap (RFC 3551).
struct Static {
  unsigned payload;
  const char* encoding;
  uint32_t clock_rate;
};
constexpr std::array kStatic{Static{0, "PCMU", 8000}, Static{8, "PCMA", 8000}, Static{9, "G722", 8000},
                             Static{14, "MPA", 90000}, Static{26, "JPEG", 90000}};

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

// What stands before `mark` is taken off `text`, and the mark.
std::string_view take(std::string_view& text, char mark) {
  const auto end = std::min(text.find(mark), text.size());
  const auto part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

template <typename Char>
std::string with_case(std::string_view text, Char change) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), change);
  return out;
}
char up(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }
char down(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::optional<uint32_t> number_in(std::string_view text) {
  uint32_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "video 0 RTP/AVP 96 97"
std::optional<RtspStream> read_media(std::string_view line) {
  RtspStream stream;
  const auto kind = take(line, ' ');
  if (kind != "audio" && kind != "video") return std::nullopt;
  stream.video = kind == "video";
  take(line, ' ');
  take(line, ' ');
  const auto payload = number_in(take(line, ' '));
  if (!payload || *payload > 127) return std::nullopt;
  stream.payload = static_cast<uint8_t>(*payload);
  for (const auto& known : kStatic) {
    if (known.payload != *payload) continue;
    stream.encoding = known.encoding;
    stream.clock_rate = known.clock_rate;
  }
  return stream;
}

// "96 H264/90000" or "97 OPUS/48000/2"
void read_map(std::string_view text, RtspStream& stream) {
  if (number_in(take(text, ' ')) != stream.payload) return;
  stream.encoding = with_case(trimmed(take(text, '/')), up);
  stream.clock_rate = number_in(trimmed(take(text, '/'))).value_or(0);
  stream.channels = number_in(trimmed(text)).value_or(0);
}

// "96 packetization-mode=1; sprop-parameter-sets=..."
void read_parameters(std::string_view text, RtspStream& stream) {
  if (number_in(take(text, ' ')) != stream.payload) return;
  while (!text.empty() && stream.parameters.size() < kMostParameters) {
    auto pair = trimmed(take(text, ';'));
    const auto name = with_case(trimmed(take(pair, '=')), down);
    if (!name.empty()) stream.parameters.emplace_back(name, trimmed(pair));
  }
}

// "npt=0-30.2" has an end; "npt=now-" and "npt=0-" have none.
bool has_end(std::string_view range) {
  if (!range.starts_with("npt=")) return false;
  const auto dash = range.find('-');
  return dash != std::string_view::npos && !trimmed(range.substr(dash + 1)).empty();
}

void read_attribute(std::string_view line, RtspDescription& into, RtspStream* stream) {
  const auto name = take(line, ':');
  if (name == "range" && has_end(line)) into.on_demand = true;
  if (name == "control") (stream == nullptr ? into.control : stream->control) = trimmed(line);
  if (stream == nullptr) return;
  if (name == "rtpmap") read_map(line, *stream);
  if (name == "fmtp") read_parameters(line, *stream);
}

bool has_scheme(std::string_view uri) {
  return with_case(uri.substr(0, 7), down) == "rtsp://" || with_case(uri.substr(0, 8), down) == "rtsps://";
}

}  // namespace

Result<RtspDescription> parse_rtsp_description(std::string_view sdp) {
  if (!sdp.starts_with("v=")) {
    return error(StatusCode::kInvalidArgument, "NOT_MEDIA", "the server's description is none");
  }
  RtspDescription out;
  bool skip = false;  // within a medium that is neither sound nor pictures
  while (!sdp.empty()) {
    auto line = take(sdp, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with("m=")) {
      const auto stream = read_media(line.substr(2));
      skip = !stream || out.streams.size() >= kMostStreams;
      if (!skip) out.streams.push_back(*stream);
    } else if (line.starts_with("a=") && !skip) {
      read_attribute(line.substr(2), out, out.streams.empty() ? nullptr : &out.streams.back());
    }
  }
  return out;
}

std::string control_uri(const std::string& base, const std::string& control) {
  if (control.empty() || control == "*") return base;
  if (has_scheme(control)) return control;
  return base + (base.ends_with('/') || control.starts_with('/') ? "" : "/") + control;
}

}  // namespace kms::player
