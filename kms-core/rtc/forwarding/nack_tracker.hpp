// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "kms-core/rtc/wire/clock.hpp"

namespace kms::rtc {

// Which packets of a source are missing, and which of them are to be asked for now (RFC 4585 section 6.2.1).
// Bounded: beyond kMaxMissing, or after kMaxTries, only a key frame helps. One thread.
class NackTracker {
 public:
  static constexpr size_t kMaxMissing = 256;
  static constexpr int kMaxTries = 8;
  static constexpr std::chrono::milliseconds kRetry{60};

  NackTracker() { missing_.reserve(kMaxMissing); }

  // A packet has come.
  void on_packet(uint64_t index);
  bool empty() const { return missing_.empty(); }
  // Appends the sequence numbers to ask for.
  void collect(TimePoint now, std::vector<uint16_t>& out);
  // True once after packets have been given up.
  bool take_given_up();

 private:
  struct Missing {
    uint64_t index;
    TimePoint asked;
    int tries;
  };

  std::vector<Missing> missing_;
  uint64_t next_ = 0;  // one after the highest index seen; 0 before the first
  bool given_up_ = false;
};

}  // namespace kms::rtc
