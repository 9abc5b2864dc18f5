// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/sdp/format_parameters.hpp"

#include <algorithm>

#include "kms-core/rtc/sdp/sdp_text.hpp"

namespace kms::rtc {
namespace {

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::optional<std::string_view> parameter_of(std::string_view parameters, std::string_view name) {
  while (!parameters.empty()) {
    auto value = take_until(parameters, ';');
    const auto key = trimmed(take_until(value, '='));
    if (equals_ignoring_case(key, name)) return trimmed(value);
  }
  return std::nullopt;
}

std::optional<uint8_t> repaired_type_of(std::string_view parameters) {
  const auto text = parameter_of(parameters, "apt");
  return text ? number_of<uint8_t>(*text) : std::nullopt;
}

std::optional<uint8_t> redundant_type_of(std::string_view parameters) {
  const auto types = split(parameters, '/');
  if (types.empty()) return std::nullopt;
  const bool same = std::ranges::all_of(types, [&](const auto type) { return type == types.front(); });
  return same ? number_of<uint8_t>(types.front()) : std::nullopt;
}

}  // namespace kms::rtc
