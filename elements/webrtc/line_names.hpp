// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "kms-core/rtc/rtc.hpp"

namespace kms::webrtc {

// Which m-line is which port, in one direction: the first of a kind is "audio" or "video", further ones are
// named by their mid. A line keeps its name as long as it is accepted; then the name is free again.
class LineNames {
 public:
  // `goes`: the member that says whether media goes this way on a line.
  void update(const std::vector<rtc::LineState>& lines, bool rtc::LineState::*goes);

  // Lines by the names of their ports.
  const std::map<std::string, rtc::LineState>& lines() const { return lines_; }

 private:
  std::map<std::string, rtc::LineState> lines_;
};

}  // namespace kms::webrtc
