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

// A mid may be any word, also that of another line's port.
std::string free_name(const std::map<std::string, rtc::LineState>& taken, const rtc::LineState& line) {
  std::string first = line.video ? "video" : "audio";
  if (!taken.contains(first)) return first;
  const bool is_first = line.mid == "audio" || line.mid == "video" || line.mid == "data";
  auto name = is_first ? "mid-" + line.mid : line.mid;
  while (taken.contains(name)) name.insert(0, "mid-");
  return name;
}

}  // namespace

void LineNames::update(const std::vector<rtc::LineState>& lines, bool rtc::LineState::*goes) {
  std::erase_if(lines_, [&](const auto& entry) { return accepted(lines, entry.second.mid) == nullptr; });
  for (auto& [name, line] : lines_) line = *accepted(lines, line.mid);
  for (const auto& line : lines) {
    const auto named = [&](const auto& entry) { return entry.second.mid == line.mid; };
    if (!line.accepted || !(line.*goes) || std::any_of(lines_.begin(), lines_.end(), named)) continue;
    lines_.emplace(free_name(lines_, line), line);
  }
}

}  // namespace kms::webrtc
