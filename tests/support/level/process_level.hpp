// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <map>
#include <string>

#include "tests/support/waiting.hpp"

namespace kms::test {

// Which threads and descriptors a process has, without the threads that GLib and GStreamer have one of for
// the life of a process, from when something first needs it: there is never a second.
struct ProcessLevel {
  static ProcessLevel now();  // of this one
  static ProcessLevel of(pid_t process);

  // The same without the threads whose names begin so: those of a pool that is as large as it is busy, and
  // that has tests of its own.
  ProcessLevel without(std::initializer_list<const char*> names) const;
  ProcessLevel without_descriptors() const { return {threads, {}}; }

  std::map<pid_t, std::string> threads;    // by id, their names
  std::map<int, std::string> descriptors;  // by number, what they lead to
};

// How many there are of each, which are new and which have gone.
std::string compare(const ProcessLevel& before, const ProcessLevel& now);

// Waits until what `look` sees has neither more threads nor more descriptors than there were before; says
// what is new when that does not come in time.
testing::AssertionResult came_back_to(const ProcessLevel& before,
                                      const std::function<ProcessLevel()>& look = &ProcessLevel::now,
                                      std::chrono::milliseconds patience = kPatience);

// Memory that is allocated and not freed, in bytes; 0 where it cannot be told (AddressSanitizer, which finds
// leaks itself).
size_t allocated_bytes();

}  // namespace kms::test
