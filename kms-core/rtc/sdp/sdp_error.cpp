// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/sdp/sdp_error.hpp"

namespace kms::rtc {

Status sdp_error(size_t line, std::string_view reason, std::string_view text) {
  ErrorInfo info{std::string(reason), {}, {}};
  if (line == 0) return error(StatusCode::kInvalidArgument, info, text);
  info.metadata["line"] = std::to_string(line);
  return error(StatusCode::kInvalidArgument, info, "line " + std::to_string(line) + ": " + std::string(text));
}

std::string quoted(std::string_view text) {
  constexpr size_t kLongest = 60;
  std::string out = "\"";
  for (const char c : text.substr(0, kLongest)) out += c >= ' ' && c <= '~' ? c : '?';
  return out + (text.size() > kLongest ? "...\"" : "\"");
}

}  // namespace kms::rtc
