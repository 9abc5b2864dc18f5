// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace kms::log {

// A log line is a constant sentence plus key-values. Error: we broke. Warn: someone else did.
// Info: life of sessions and elements. Never per packet, never a secret. Any thread.
struct Field {
  template <typename T>
  Field(std::string_view k, const T& v) : key(k), value(fmt::format("{}", v)) {}
  std::string_view key;
  std::string value;
};
using Fields = std::initializer_list<Field>;

enum class Level { kDebug, kInfo, kWarn, kError };

void set_level(Level level);
void write(Level level, std::string_view sentence, Fields fields);

inline void debug(std::string_view s, Fields f = {}) { write(Level::kDebug, s, f); }
inline void info(std::string_view s, Fields f = {}) { write(Level::kInfo, s, f); }
inline void warn(std::string_view s, Fields f = {}) { write(Level::kWarn, s, f); }
inline void error(std::string_view s, Fields f = {}) { write(Level::kError, s, f); }

}  // namespace kms::log
