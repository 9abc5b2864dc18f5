// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <vector>

namespace kms::rtc {

// The part in front of the first `separator`, which is taken off `rest` together with it.
std::string_view take_until(std::string_view& rest, char separator);
// The non-empty parts between `separator`s.
std::vector<std::string_view> split(std::string_view text, char separator);
// RFC 8866 section 9: what names, mids and encoding names are made of.
bool is_token(std::string_view text);
// RFC 8839 section 5.4: letters, digits, + and /.
bool is_ice_text(std::string_view text);
bool equals_ignoring_case(std::string_view a, std::string_view b);

// The whole text as a decimal number that fits T; no sign, no blanks.
template <typename T>
std::optional<T> number_of(std::string_view text) {
  T value{};
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc{} || stop != end || text[0] == '-') return std::nullopt;
  return value;
}

}  // namespace kms::rtc
