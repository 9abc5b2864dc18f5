// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <string>

#include "kms-core/base/status.hpp"

namespace kms::graph {

// Display name and tags of a session or element: at most 256 bytes per text, at most 64 tags.
// Errors: INVALID_LABELS.
template <typename Tags>  // a map of texts
Status check_labels(const std::string& display_name, const Tags& tags) {
  constexpr size_t kLongest = 256;
  constexpr size_t kMost = 64;
  const auto refuse = [](const std::string& why) {
    return error(StatusCode::kInvalidArgument, "INVALID_LABELS", why);
  };
  if (display_name.size() > kLongest) {
    return refuse(
        fmt::format("display_name has {} bytes; at most {} are allowed", display_name.size(), kLongest));
  }
  if (tags.size() > kMost)
    return refuse(fmt::format("{} tags are given; at most {} are allowed", tags.size(), kMost));
  for (const auto& [key, value] : tags) {
    if (key.empty() || key.size() > kLongest || value.size() > kLongest) {
      return refuse(
          fmt::format("a tag's key has 1 to {0} bytes and its value at most {0}; one has {1} and {2}",
                      kLongest, key.size(), value.size()));
    }
  }
  return ok();
}

}  // namespace kms::graph
