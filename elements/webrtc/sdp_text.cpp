// SPDX-License-Identifier: Apache-2.0
#include "elements/webrtc/sdp_text.hpp"

#include <algorithm>
#include <string_view>

namespace kms::webrtc {

namespace {

// Takes the first line away, with its end.
std::string_view take_line(std::string_view& text) {
  const auto line = text.substr(0, std::min(text.find('\n'), text.size() - 1) + 1);
  text.remove_prefix(line.size());
  return line;
}

// "m=video 0 UDP/TLS/RTP/SAVPF 96"
bool is_rejected(std::string_view media) { return media.substr(media.find(' ') + 1).starts_with("0 "); }

}  // namespace

std::string for_trickle(const std::string& sdp) {
  std::string out;
  for (std::string_view rest = sdp; !rest.empty();) {
    const auto line = take_line(rest);
    if (line.starts_with("a=candidate:") || line.starts_with("a=end-of-candidates")) continue;
    out += line;
    if (line.starts_with("a=ice-lite")) out += "a=ice-options:trickle\r\n";
  }
  return out;
}

std::optional<LinePlace> first_in_use(const std::string& sdp) {
  constexpr std::string_view kMid = "a=mid:";
  uint32_t lines = 0;
  bool in_use = false;
  for (std::string_view rest = sdp; !rest.empty();) {
    const auto line = take_line(rest);
    if (line.starts_with("m=")) {
      ++lines;
      in_use = !is_rejected(line);
    }
    if (!in_use || !line.starts_with(kMid)) continue;
    const auto mid = line.substr(kMid.size(), line.find_first_of("\r\n") - kMid.size());
    return LinePlace{std::string(mid), lines - 1};
  }
  return std::nullopt;
}

}  // namespace kms::webrtc
