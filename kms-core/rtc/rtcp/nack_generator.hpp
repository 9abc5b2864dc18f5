// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <span>
#include <vector>

#include "kms-core/rtc/rtp/sequence_unwrapper.hpp"
#include "kms-core/rtc/wire/clock.hpp"

namespace kms::rtc {

// Decides which packets of one received video stream to ask for again (RFC 4585 section 6.2.1). Never for
// audio. Bounded: at most kMaxMissing packets, each asked for at most kMaxTries times. How long an answer
// takes it sees from what was repaired, so that one that got lost is asked for again while it is still of
// use. Allocates only while its list grows to that size. Lives on the peer's RTC thread.
class NackGenerator {
 public:
  static constexpr size_t kMaxMissing = 256;
  static constexpr int kMaxTries = 10;
  static constexpr int kQuickTries = 5;  // then each waits twice as long as the one before
  static constexpr Duration kLeastInterval = std::chrono::milliseconds(20);
  static constexpr Duration kAssumedAnswer = std::chrono::milliseconds(60);  // until one has come
  // What takes longer is not waited for: repairs that are late would make each wait longer than the one
  // before.
  static constexpr Duration kLongestAnswer = std::chrono::milliseconds(300);

  // A packet of the stream has arrived, in its own right or `repaired` by RTX. True if so much is missing
  // that asking is no use: the list is emptied and a key frame should be requested.
  bool on_packet(uint16_t sequence, TimePoint now, bool repaired = false);

  // What to ask for now: what was just missed, and what did not come while an answer to the last request
  // could have. In ascending order, at most out.size(); returns how many. What exceeds its tries is given up.
  size_t collect(TimePoint now, std::span<uint16_t> out);

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
    TimePoint first_asked;
  };
  void remove(int64_t index, TimePoint now, bool repaired);
  void note_answer(Duration took);
  Duration patience_after(int tries) const;

  SequenceUnwrapper<uint16_t> unwrapper_;
  std::vector<Missing> missing_;  // ascending
  size_t given_up_ = 0;
  // The last answers' times, from the first request on: a request or an answer that was lost makes one long.
  std::array<Duration, 8> answers_{};
  size_t answered_ = 0;
  Duration answer_ = kAssumedAnswer;
};

}  // namespace kms::rtc
