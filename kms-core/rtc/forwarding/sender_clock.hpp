// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "kms-core/rtc/wire/clock.hpp"

namespace kms::rtc {

// One moment in two clocks: what a sender report says (RFC 3550 section 6.4.1).
struct ReportTime {
  uint64_t ntp = 0;  // 32.32 fixed point seconds
  uint32_t rtp = 0;
};

// NTP time of a moment on the monotonic clock; one process-wide offset, so that it never jumps.
uint64_t ntp_of(TimePoint time);
uint64_t ntp_of(Duration duration);

// Places a publisher's clock on ours by the first sender report of any of its sources, so that sound and
// picture keep the relation their sender gave them. Shared by the sources of one publisher; one thread.
class SenderClock {
 public:
  uint64_t to_ours(uint64_t theirs, TimePoint arrived) {
    if (!offset_) offset_ = ntp_of(arrived) - theirs;
    return theirs + *offset_;
  }

 private:
  std::optional<uint64_t> offset_;
};

// What a source's time stamps mean in our clock, to write sender reports of our own.
struct CaptureTime {
  ReportTime at;
  TimePoint taken{};  // when the report came
  uint32_t clock_rate = 0;

  bool known() const { return clock_rate != 0; }
  // The pair for `now`.
  ReportTime extrapolate(TimePoint now) const;
};

}  // namespace kms::rtc
