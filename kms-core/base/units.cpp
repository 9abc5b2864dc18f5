// SPDX-License-Identifier: Apache-2.0
#include "kms-core/base/units.hpp"

#include <charconv>
#include <limits>
#include <span>

namespace kms {
namespace {

struct Unit {
  std::string_view name;
  uint64_t factor;
};
constexpr Unit kTimes[] = {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}};
constexpr Unit kSizes[] = {{"", 1},          {"B", 1},      {"KiB", 1 << 10},  {"MiB", 1 << 20},
                           {"GiB", 1 << 30}, {"kB", 1'000}, {"MB", 1'000'000}, {"GB", 1'000'000'000}};
constexpr uint64_t kMost = std::numeric_limits<int64_t>::max();

std::optional<uint64_t> parse(std::string_view text, std::span<const Unit> units) {
  uint64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc()) return std::nullopt;
  const auto name = text.substr(static_cast<size_t>(end - text.data()));
  for (const auto& unit : units) {
    if (unit.name == name && number <= kMost / unit.factor) return number * unit.factor;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const auto parsed = parse(text, kTimes);
  if (!parsed) return std::nullopt;
  return std::chrono::milliseconds(*parsed);
}

std::optional<uint64_t> parse_size(std::string_view text) { return parse(text, kSizes); }

}  // namespace kms
