// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>

#include "bench/loadtest/process_usage.hpp"
#include "bench/loadtest/tally.hpp"

namespace kms::rtc::loadtest {

// How participants fared over the whole run.
struct Attendance {
  uint64_t publishers = 0;  // that were connected
  uint64_t viewers = 0;
  uint64_t failed = 0;                           // could not be set up
  uint64_t lost = 0;                             // their connection ended by itself
  uint64_t left = 0;                             // by churn, and replaced publishers
  std::map<std::string, uint64_t> reasons = {};  // of those that failed or were lost
};

// What came of a run.
struct Outcome {
  Attendance attendance;
  bool measured = false;  // false: it did not come to that
  double seconds = 0;     // of the measured time
  Counts counts;          // in that time; so is what follows
  StreamTotals video;
  StreamTotals audio;
  Histogram video_latency;
  Histogram audio_latency;
  Duration longest_pause{};
  std::optional<ProcessUsage> server;  // CPU in that time, the rest at its end
  double own_cpu_seconds = 0;
  SetupTimes publisher_setup;  // of the whole run
  SetupTimes viewer_setup;
  uint64_t viewers_without_media = 0;  // at the end

  double loss_percent() const;
  static double loss_percent(const StreamTotals& totals);
  double loss_before_repair_percent() const;
  // Server CPU per packet that viewers received; nothing if it is not known.
  std::optional<double> us_per_packet() const;
};

}  // namespace kms::rtc::loadtest
