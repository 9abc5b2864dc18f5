// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kms::recorder {

// Boxes of MP4 (ISO 14496-12).
std::string box(std::string_view type, std::string_view content);
// With a version (0 or 1) and flags.
std::string full_box(std::string_view type, unsigned version_and_flags, std::string_view content);
inline constexpr unsigned kVersion1 = 0x01000000;

// A box as it lies in `content` around it.
struct BoxView {
  std::string_view type;
  std::string_view whole;
  std::string_view content;
};
// The boxes that lie one behind the other; what is cut off is left out.
std::vector<BoxView> boxes_in(std::string_view bytes);
// The first one on a way of types, such as {"mdia", "minf"}; empty when there is none.
BoxView find_box(std::string_view bytes, const std::vector<std::string_view>& way);

}  // namespace kms::recorder
