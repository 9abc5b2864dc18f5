// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "kms-core/base/status.hpp"

namespace kms::recorder {

// Whose name a file gets.
struct PartName {
  std::string element;  // resource name: sessions/{session}/elements/{element}
  unsigned number = 1;  // of the part
  std::chrono::system_clock::time_point start = {};
};

// The URI of a part: `uri` with {session}, {element}, {time} and {part} filled in; where {part} is not in it,
// parts after the first get "-2", "-3" before the name's ending. Errors: INVALID_OPTIONS (other braces).
Result<std::string> name_part(const std::string& uri, const PartName& name);

// The name is known before the part begins.
bool is_fixed(const std::string& uri);

}  // namespace kms::recorder
