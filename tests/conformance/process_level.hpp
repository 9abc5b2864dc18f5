// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace kms::test {

// How many threads and descriptors this process has.
struct ProcessLevel {
  size_t threads;
  size_t descriptors;
  static ProcessLevel now();
};

// Memory that is allocated and not freed, in bytes; 0 where it cannot be told (AddressSanitizer, which finds
// leaks itself).
size_t allocated_bytes();

// GLib keeps threads that have nothing to do for 15 s; tests that count threads do without.
void keep_no_idle_threads();

// Returns when no thread has come or gone for a while: what OpenSSL keeps for a thread that ends together
// with the process looks as if it was lost.
void let_threads_end();

// Both are at most what they were within 20 s; tells what is not.
bool came_back_to(const ProcessLevel& before);

}  // namespace kms::test
