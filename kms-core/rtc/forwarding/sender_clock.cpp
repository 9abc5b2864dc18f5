// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/forwarding/sender_clock.hpp"

#include "kms-core/base/utc.hpp"

namespace kms::rtc {
namespace {

constexpr uint64_t kNtpToUnix = 2'208'988'800;  // seconds from 1900 to 1970

// Read once: NTP time of the steady clock's zero.
uint64_t steady_epoch() {
  static const uint64_t epoch = (kNtpToUnix << 32) + ntp_of(utc_ahead());
  return epoch;
}

}  // namespace

uint64_t ntp_of(Duration duration) {
  const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(duration).count();
  const auto whole = static_cast<uint64_t>(nanoseconds);
  return (whole / 1'000'000'000 << 32) + (whole % 1'000'000'000 << 32) / 1'000'000'000;
}

uint64_t ntp_of(TimePoint time) { return steady_epoch() + ntp_of(time.time_since_epoch()); }

ReportTime CaptureTime::at(TimePoint now, uint32_t clock_rate) const {
  const std::chrono::duration<double> passed = now - captured;
  return {ntp_of(now), timestamp + static_cast<uint32_t>(static_cast<int64_t>(passed.count() * clock_rate))};
}

}  // namespace kms::rtc
