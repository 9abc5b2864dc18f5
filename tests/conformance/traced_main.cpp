// SPDX-License-Identifier: Apache-2.0
// A main() for tests that count GStreamer objects: the tracer must be there before GStreamer starts.
#include <glib.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "kms-core/base/log.hpp"
#include "kms-core/gst/init.hpp"
#include "tests/support/level/process_level.hpp"

namespace {

using kms::test::ProcessLevel;

// What OpenSSL keeps for a thread that ends together with the process looks as if it was lost.
void let_threads_end(const ProcessLevel& before) {
  const auto back = kms::test::came_back_to(before, [] { return ProcessLevel::now().without_descriptors(); });
  if (!back) std::cerr << back.message() << "\n";
}

}  // namespace

int main(int count, char** arguments) {
  setenv("GST_TRACERS", "leaks", 1);
  kms::log::set_level(kms::log::Level::kWarn);  // not a line per session
  g_thread_pool_set_max_unused_threads(0);      // GLib keeps those that have nothing to do for 15 s
  kms::gst::init();
  testing::InitGoogleTest(&count, arguments);
  const auto before = ProcessLevel::now();
  const int outcome = RUN_ALL_TESTS();
  let_threads_end(before);
  return outcome;
}
