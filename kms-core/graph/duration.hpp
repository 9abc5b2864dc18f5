// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <google/protobuf/duration.pb.h>

#include <chrono>

#include "kms-core/base/status.hpp"

namespace kms::graph {

// An option that is a time.
struct DurationOption {
  const char* field;
  std::chrono::milliseconds usual;  // when it is not given
  std::chrono::milliseconds least;
  std::chrono::milliseconds most;
};
// Null: not given. Errors: INVALID_OPTIONS (metadata: field).
Result<std::chrono::milliseconds> read_duration(const google::protobuf::Duration* given,
                                                const DurationOption& option);

google::protobuf::Duration to_duration(std::chrono::milliseconds time);

}  // namespace kms::graph
