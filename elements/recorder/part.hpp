// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "kms-core/base/status.hpp"

namespace kms::recorder {

// Why a part of a recording began.
enum class PartReason { kStart, kFormatChanged, kTracksChanged, kSplit, kDuration, kSize };

// A file of a recording, once nothing more is written to it: its index and its length are in it.
struct Part {
  unsigned number = 1;    // from 1
  std::string path = {};  // where it lies
  std::string uri = {};   // what the client knows it as
  PartReason reason = PartReason::kStart;
  std::chrono::system_clock::time_point start = {};  // UTC, capture time of its first frame
  std::chrono::nanoseconds duration{0};              // of its longest track
  uint64_t size_bytes = 0;
  uint64_t video_frames = 0;
  uint64_t audio_frames = 0;
  bool final = false;     // index and duration are in the file
  Status outcome = ok();  // of writing it; what was written stays
};

}  // namespace kms::recorder
