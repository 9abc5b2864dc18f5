// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "kms-core/rtc/forwarding/transit_floor.hpp"

namespace kms::rtc {

// One moment in two clocks: what a sender report says (RFC 3550 section 6.4.1).
struct ReportTime {
  uint64_t ntp = 0;  // 32.32 fixed point seconds
  uint32_t rtp = 0;
};

// NTP time of a moment on the monotonic clock; one process-wide offset, so that it never jumps.
uint64_t ntp_of(TimePoint time);
uint64_t ntp_of(Duration duration);

// Places a publisher's NTP clock on ours by what comes from it: what came quickest took no time. All sources
// of the publisher share it, so that sound and picture keep the relation their sender gave them. One thread.
class SenderClock {
 public:
  // Nanoseconds of the sender's clock, counted from the first report.
  int64_t since_first(uint64_t ntp) {
    if (!first_) first_ = ntp;
    const auto difference = static_cast<int64_t>(ntp - *first_);
    return (difference >> 32) * 1'000'000'000 + ((difference & 0xffffffff) * 1'000'000'000 >> 32);
  }
  // Something that was captured at `theirs` arrived.
  void on_arrival(int64_t theirs, TimePoint arrived) {
    floor_.add(arrived.time_since_epoch().count() - theirs, arrived);
  }
  // What to add to the sender's time to have ours. After the first on_arrival().
  int64_t offset() const { return floor_.ns(); }

 private:
  std::optional<uint64_t> first_;
  TransitFloor floor_;
};

// What a source's time stamps mean on our clock, to write sender reports of our own: those of its newest
// packet.
struct CaptureTime {
  uint32_t timestamp = 0;
  TimePoint captured{};

  bool known() const { return captured != TimePoint{}; }
  // The pair for `now`.
  ReportTime at(TimePoint now, uint32_t clock_rate) const;
};

}  // namespace kms::rtc
