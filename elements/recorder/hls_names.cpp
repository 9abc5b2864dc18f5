// SPDX-License-Identifier: Apache-2.0
#include "elements/recorder/hls_names.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kms::recorder {
namespace {

constexpr std::string_view kUnfinished = ".tmp";

// Takes a number away; false where there is none.
bool skip_number(std::string_view& text) {
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  text.remove_prefix(digits);
  return digits > 0;
}

}  // namespace

std::string hls_prefix(std::string_view stem, unsigned part) { return fmt::format("{}-{}-", stem, part); }

bool is_hls_segment(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return false;
  name.remove_prefix(prefix.size());
  return skip_number(name) && name == ".m4s";
}

bool is_beside_playlist(std::string_view name, std::string_view stem) {
  if (name.ends_with(kUnfinished)) name.remove_suffix(kUnfinished.size());
  if (!name.starts_with(stem)) return false;
  auto number = name.substr(stem.size());
  if (!number.starts_with('-')) return false;
  number.remove_prefix(1);
  if (!skip_number(number) || !number.starts_with('-')) return false;
  const auto prefix = name.substr(0, name.size() - number.size() + 1);
  return number == "-init.mp4" || is_hls_segment(name, prefix);
}

}  // namespace kms::recorder
