// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "kms-core/rtc/rtp/sequence_unwrapper.hpp"
#include "kms-core/rtc/wire/clock.hpp"

namespace kms::rtc {

// Decides which packets of one received video stream to ask for again (RFC 4585 section 6.2.1). Never for
// audio. Bounded: at most kMaxMissing packets, each asked for at most kMaxTries times. Allocates only while
// its list grows to that size. Lives on the peer's RTC thread.
class NackGenerator {
 public:
  static constexpr size_t kMaxMissing = 256;
  static constexpr int kMaxTries = 10;
  static constexpr Duration kLeastInterval = std::chrono::milliseconds(20);

  // A packet of the stream has arrived, in its own right or repaired by RTX. True if so much is missing that
  // asking is no use: the list is emptied and a key frame should be requested.
  bool on_packet(uint16_t sequence, TimePoint now);

  // What to ask for now: what was just missed, and what did not come within a round trip after the last
  // request. In ascending order, at most out.size(); returns how many. What exceeds its tries is given up.
  size_t collect(TimePoint now, Duration round_trip, std::span<uint16_t> out);

  // When collect() may have something; TimePoint::max() if nothing is missing.
  TimePoint deadline() const;
  size_t missing() const { return missing_.size(); }
  // Packets that were asked for in vain or not at all.
  size_t given_up() const { return given_up_; }

 private:
  struct Missing {
    int64_t index;
    TimePoint ask_at;
    int tries;
  };
  void remove(int64_t index);

  SequenceUnwrapper<uint16_t> unwrapper_;
  std::vector<Missing> missing_;  // ascending
  size_t given_up_ = 0;
};

}  // namespace kms::rtc
