// SPDX-License-Identifier: Apache-2.0
#include "elements/webrtc/sdp_text.hpp"

#include <algorithm>
#include <string_view>

namespace kms::webrtc {

std::string without_candidates(const std::string& sdp) {
  std::string out;
  for (size_t at = 0; at < sdp.size();) {
    const auto end = std::min(sdp.find('\n', at), sdp.size() - 1) + 1;
    const std::string_view line(sdp.data() + at, end - at);
    if (!line.starts_with("a=candidate:") && !line.starts_with("a=end-of-candidates")) out += line;
    at = end;
  }
  return out;
}

std::string first_mid(const std::string& sdp) {
  constexpr std::string_view kMid = "\na=mid:";
  const auto at = sdp.find(kMid);
  if (at == std::string::npos) return {};
  const auto begin = at + kMid.size();
  return sdp.substr(begin, sdp.find_first_of("\r\n", begin) - begin);
}

}  // namespace kms::webrtc
