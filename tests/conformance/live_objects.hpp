// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "kms-core/gst/ref.hpp"

namespace kms::test {

using ObjectCounts = std::map<std::string, int>;  // by type

// True when there is nothing (older objects may be gone), or only streams and what hangs on them: parsebin
// (GStreamer 1.22) loses them when it is stopped while it exposes its pads. A bare one did so in 10 of 1,500
// stops within its first 9 ms.
bool nothing_but_parsebins_streams(ObjectCounts counts);

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
  ObjectCounts more();
  // Those that are left: without what is negative, and what pools keep that was once under way at the same
  // time.
  ObjectCounts left();

 private:
  void count(const GstStructure* activity, const char* list, int each);
  gst::Ref<GstObject> tracer_;
  ObjectCounts balance_;
};

}  // namespace kms::test
