// SPDX-License-Identifier: Apache-2.0
#include "elements/recorder/boxes.hpp"

#include <algorithm>

#include "elements/recorder/bytes.hpp"

namespace kms::recorder {

std::string box(std::string_view type, std::string_view content) {
  auto out = number(8 + content.size(), 4);
  out.append(type);
  return out.append(content);
}

std::string full_box(std::string_view type, unsigned version_and_flags, std::string_view content) {
  auto out = number(version_and_flags, 4);
  return box(type, out.append(content));
}

std::vector<BoxView> boxes_in(std::string_view bytes) {
  std::vector<BoxView> out;
  while (bytes.size() >= 8) {
    const auto size = Bytes(bytes).take(4);
    if (size < 8 || size > bytes.size()) break;
    out.push_back({bytes.substr(4, 4), bytes.substr(0, size), bytes.substr(8, size - 8)});
    bytes.remove_prefix(size);
  }
  return out;
}

BoxView find_box(std::string_view bytes, const std::vector<std::string_view>& way) {
  BoxView found;
  for (const auto type : way) {
    const auto boxes = boxes_in(bytes);
    const auto at =
        std::find_if(boxes.begin(), boxes.end(), [&](const BoxView& each) { return each.type == type; });
    if (at == boxes.end()) return {};
    found = *at;
    bytes = found.content;
  }
  return found;
}

}  // namespace kms::recorder
