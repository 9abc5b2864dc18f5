// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace kms::rtc {

// Protocol code never asks what time it is: its caller passes the moment in.
using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Duration = Clock::duration;

}  // namespace kms::rtc
