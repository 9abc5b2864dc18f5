// SPDX-License-Identifier: Apache-2.0
// libssl takes its retransmission time from gettimeofday() and offers no hook. A test binary may stand in
// front of it, so that no test has to wait.
#include <sys/time.h>
#include <time.h>

#include "kms-core/rtc/dtls/test_pair.hpp"

namespace {

kms::rtc::Duration offset{};

}  // namespace

void kms::rtc::test::advance_openssl_clock(Duration by) { offset += by; }

extern "C" int gettimeofday(timeval* to, void*) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  const auto moved = std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec) + offset;
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(moved).count();
  to->tv_sec = us / 1'000'000;
  to->tv_usec = us % 1'000'000;
  return 0;
}
