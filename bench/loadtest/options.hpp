// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/loadtest/settings.hpp"

namespace kms::rtc::loadtest {

// Either settings, or the exit code of a program that has said what there is to say (--help, a usage error).
struct CommandLine {
  Settings settings;
  std::optional<int> exit_code;
};

inline constexpr int kUsage = 2;

CommandLine read_command_line(int argc, const char* const* argv);

}  // namespace kms::rtc::loadtest
