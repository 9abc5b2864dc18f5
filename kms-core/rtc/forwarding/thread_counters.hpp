// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace kms::rtc {

// What RTCP said on one RTC thread since it began, peers that are gone included: sums that never fall. On its
// thread.
struct ThreadCounters {
  uint64_t nacks_sent = 0;  // packets of feedback, as all these
  uint64_t nacks_received = 0;
  uint64_t plis_sent = 0;
  uint64_t plis_received = 0;
  uint64_t firs_received = 0;
  uint64_t resent = 0;         // packets
  uint64_t lost_incoming = 0;  // packets that did not come in time for a report
  uint64_t lost_outgoing = 0;  // as receivers report

  // `total` is one stream's loss so far. It may fall, when a packet comes late; the sum stays then.
  static void add_loss(uint64_t& sum, int64_t total, int64_t& noted) {
    if (total <= noted) return;
    sum += static_cast<uint64_t>(total - noted);
    noted = total;
  }
};

}  // namespace kms::rtc
