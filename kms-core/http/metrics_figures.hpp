// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>

#include "kms-core/base/thread_times.hpp"
#include "kms-core/graph/session_tally.hpp"
#include "kms-core/rtc/rtc.hpp"

namespace kms::http {

// What kms-server says of itself at one moment. What did not answer in time is not there: a zero would look
// as if all had gone.
struct MetricsFigures {
  size_t sessions = 0;
  size_t sessions_unanswered = 0;  // those whose elements are not counted
  bool draining = false;
  graph::SessionTally graph;
  uint64_t dropped_frames = 0;
  unsigned quarantined = 0;
  std::optional<rtc::ServerStatistics> rtc;

  // What a worker asks of disks and the kernel.
  struct Process {
    std::map<std::string, ThreadTimes::Group> threads;
    uint64_t resident_bytes = 0;
    uint64_t open_files = 0;
    double started = 0;  // seconds since 1970
    uint64_t uploads_files = 0;
    uint64_t uploads_bytes = 0;
  };
  std::optional<Process> process;
};

// As Prometheus reads it; docs/metrics.md is the reference.
std::string to_text(const MetricsFigures& figures);

}  // namespace kms::http
