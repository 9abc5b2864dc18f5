// SPDX-License-Identifier: Apache-2.0
#include "elements/webrtc/line_names.hpp"

#include <algorithm>

namespace kms::webrtc {
namespace {

const rtc::LineState* accepted(const std::vector<rtc::LineState>& lines, const std::string& mid) {
  const auto found = std::find_if(lines.begin(), lines.end(), [&](const rtc::LineState& line) {
    return line.accepted && line.mid == mid;
  });
  return found == lines.end() ? nullptr : &*found;
}

// A mid may be any word, also that of a first line's port.
std::string further_name(const std::string& mid) {
  return mid == "audio" || mid == "video" ? "mid-" + mid : mid;
}

}  // namespace

void LineNames::update(const std::vector<rtc::LineState>& lines, bool rtc::LineState::*goes) {
  std::erase_if(lines_, [&](const auto& entry) { return accepted(lines, entry.second.mid) == nullptr; });
  for (auto& [name, line] : lines_) line = *accepted(lines, line.mid);
  for (const auto& line : lines) {
    const auto named = [&](const auto& entry) { return entry.second.mid == line.mid; };
    if (!line.accepted || !(line.*goes) || std::any_of(lines_.begin(), lines_.end(), named)) continue;
    const auto first = lines_.emplace(line.video ? "video" : "audio", line);
    if (!first.second) lines_.emplace(further_name(line.mid), line);
  }
}

}  // namespace kms::webrtc
