// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/sdp/sdp_lines.hpp"

#include <algorithm>

#include "kms-core/rtc/sdp/sdp_error.hpp"
#include "kms-core/rtc/sdp/sdp_text.hpp"

namespace kms::rtc {
namespace {

constexpr std::string_view kTypes = "vosiuepcbtrzkam";

bool is_control(char c) { return (c >= 0 && c < ' ' && c != '\t') || c == 0x7f; }

Status check_size(std::string_view text) {
  if (text.empty()) return sdp_error(0, "SDP_EMPTY", "the session description is empty");
  if (text.size() > sdp_limits::kSize) {
    return sdp_error(0, "SDP_TOO_LARGE",
                     "the session description has " + std::to_string(text.size()) + " bytes, allowed are " +
                         std::to_string(sdp_limits::kSize));
  }
  return ok();
}

Status check_line(std::string_view line, size_t number) {
  if (number > sdp_limits::kLines) {
    return sdp_error(number, "SDP_TOO_MANY_LINES",
                     "more than " + std::to_string(sdp_limits::kLines) + " lines are not allowed");
  }
  if (line.size() > sdp_limits::kLineSize) {
    return sdp_error(number, "SDP_LINE_TOO_LONG",
                     "a line may have " + std::to_string(sdp_limits::kLineSize) + " bytes");
  }
  if (std::ranges::any_of(line, is_control)) {
    return sdp_error(number, "SDP_NOT_TEXT", "a control character; lines end with CRLF or LF, nothing else");
  }
  if (line.size() < 2 || line[1] != '=') {
    return sdp_error(number, "SDP_SYNTAX", quoted(line) + " has not the form type=value");
  }
  if (kTypes.find(line[0]) == std::string_view::npos) {
    return sdp_error(number, "SDP_UNKNOWN_TYPE", quoted(line) + " begins with no type of RFC 8866");
  }
  return ok();
}

}  // namespace

Result<std::vector<SdpLine>> split_sdp(std::string_view text) {
  if (const auto status = check_size(text); !status.ok()) return status;
  std::vector<SdpLine> lines;
  while (!text.empty()) {
    auto line = take_until(text, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    const size_t number = lines.size() + 1;
    if (const auto status = check_line(line, number); !status.ok()) return status;
    lines.push_back({line[0], line.substr(2), number});
  }
  return lines;
}

}  // namespace kms::rtc
