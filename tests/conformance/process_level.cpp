// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/process_level.hpp"

#include <glib.h>
#include <malloc.h>

#include <filesystem>
#include <iostream>
#include <iterator>
#include <utility>

#include "tests/support/waiting.hpp"

namespace kms::test {
namespace {

namespace fs = std::filesystem;

size_t entries(const char* folder) {
  return static_cast<size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

}  // namespace

ProcessLevel ProcessLevel::now() { return {entries("/proc/self/task"), entries("/proc/self/fd")}; }

size_t allocated_bytes() {
  malloc_trim(0);
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

void keep_no_idle_threads() { g_thread_pool_set_max_unused_threads(0); }

void let_threads_end() {
  size_t threads = 0;
  int looks = 0;
  eventually([&] {
    const auto before = std::exchange(threads, ProcessLevel::now().threads);
    looks = threads == before ? looks + 1 : 0;
    return looks == 20;
  });
}

bool came_back_to(const ProcessLevel& before) {
  auto now = ProcessLevel::now();
  const bool back = eventually([&] {
    now = ProcessLevel::now();
    return now.threads <= before.threads && now.descriptors <= before.descriptors;
  });
  if (!back) {
    std::cerr << "threads: " << before.threads << " before, " << now.threads
              << " now; descriptors: " << before.descriptors << " before, " << now.descriptors << " now\n";
  }
  return back;
}

}  // namespace kms::test
