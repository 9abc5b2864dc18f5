// SPDX-License-Identifier: Apache-2.0
// A main() for tests that count GStreamer objects: the tracer must be there before GStreamer starts.
#include <gtest/gtest.h>

#include <cstdlib>

#include "kms-core/base/log.hpp"
#include "kms-core/gst/init.hpp"
#include "tests/conformance/process_level.hpp"

int main(int count, char** arguments) {
  setenv("GST_TRACERS", "leaks", 1);
  kms::log::set_level(kms::log::Level::kWarn);  // not a line per session
  kms::test::keep_no_idle_threads();
  kms::gst::init();
  testing::InitGoogleTest(&count, arguments);
  const int outcome = RUN_ALL_TESTS();
  kms::test::let_threads_end();
  return outcome;
}
