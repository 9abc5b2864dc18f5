// SPDX-License-Identifier: Apache-2.0
#include "kms-core/graph/duration.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "kms-core/graph/catalog.hpp"

namespace kms::graph {
namespace {

std::chrono::milliseconds to_milliseconds(const google::protobuf::Duration& time) {
  constexpr int64_t kFar = 1'000'000;  // seconds; what is further is out of any range here
  constexpr int32_t kNanosPerMilli = 1'000'000;
  const std::chrono::seconds seconds(std::clamp<int64_t>(time.seconds(), -kFar, kFar));
  return seconds + std::chrono::milliseconds(time.nanos() / kNanosPerMilli);
}

}  // namespace

Result<std::chrono::milliseconds> read_duration(const google::protobuf::Duration* given,
                                                const DurationOption& option) {
  const auto value = given == nullptr ? option.usual : to_milliseconds(*given);
  if (value >= option.least && value <= option.most) return value;
  return invalid_option(option.field, fmt::format("{} ms; allowed is {} to {} ms", value.count(),
                                                  option.least.count(), option.most.count()));
}

google::protobuf::Duration to_duration(std::chrono::milliseconds time) {
  constexpr int64_t kMillis = 1000;
  constexpr int32_t kNanosPerMilli = 1'000'000;
  google::protobuf::Duration out;
  out.set_seconds(time.count() / kMillis);
  out.set_nanos(static_cast<int32_t>(time.count() % kMillis) * kNanosPerMilli);
  return out;
}

}  // namespace kms::graph
