// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "kms-core/gst/ref.hpp"

namespace kms::test {

// Counts GStreamer objects that are made and not freed, with GStreamer's own tracer "leaks", which has to run
// (GST_TRACERS=leaks before GStreamer starts). The test's thread.
class LiveObjects {
 public:
  LiveObjects();   // begins to count; throws when the tracer does not run
  ~LiveObjects();  // ends it
  LiveObjects(const LiveObjects&) = delete;
  LiveObjects& operator=(const LiveObjects&) = delete;

  // By type, those that were made and not freed since the beginning; negative: older ones were freed. Types
  // with 0 are left out.
  std::map<std::string, int> more();

 private:
  void count(const GstStructure* activity, const char* list, int each);
  gst::Ref<GstObject> tracer_;
  std::map<std::string, int> balance_;
};

}  // namespace kms::test
