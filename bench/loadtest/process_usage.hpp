// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

namespace kms::rtc::loadtest {

// What the kernel says of a process (/proc/PID/stat, proc(5)).
struct ProcessUsage {
  // Nothing if there is no such process, or the text is none of the kernel's.
  static std::optional<ProcessUsage> of(int pid);
  static std::optional<ProcessUsage> parse(std::string_view stat);

  double cpu_seconds = 0;  // in user and system mode, of all threads, also of those that have ended
  long threads = 0;
  double resident_mb = 0;
};

}  // namespace kms::rtc::loadtest
