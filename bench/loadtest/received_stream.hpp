// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bitset>
#include <cstdint>

#include "kms-core/rtc/rtp/sequence_unwrapper.hpp"

namespace kms::rtc::loadtest {

struct StreamTotals {
  uint64_t expected = 0;    // from the first to the highest sequence number
  uint64_t received = 0;    // in their own right, each once
  uint64_t repaired = 0;    // by RTX
  uint64_t waiting = 0;     // may still be repaired
  uint64_t duplicates = 0;  // came again

  // What never came, counted as such only when nobody asks for it any more.
  int64_t lost() const { return static_cast<int64_t>(expected - received - repaired - waiting); }
  StreamTotals& operator+=(const StreamTotals& other);
  // What came of it since `before`.
  StreamTotals since(const StreamTotals& before) const;
};

// Counts the packets of one stream that a viewer gets.
class ReceivedStream {
 public:
  // False: it was here before, or is older than the first one.
  bool on_packet(uint16_t sequence, bool repaired);
  // `waiting` is somebody else's to know.
  StreamTotals totals() const;

 private:
  static constexpr int64_t kWindow = 2048;
  static size_t slot_of(int64_t index) { return static_cast<size_t>(index & (kWindow - 1)); }
  void advance_to(int64_t index);

  SequenceUnwrapper<uint16_t> unwrapper_;
  std::bitset<kWindow> here_;
  int64_t first_ = 0;
  int64_t highest_ = -1;
  StreamTotals totals_;
};

}  // namespace kms::rtc::loadtest
