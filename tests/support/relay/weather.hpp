// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "kms-core/base/status.hpp"
#include "kms-core/rtc/wire/clock.hpp"

namespace kms::test {

// What a way does to the datagrams that take it. Shares are of 1.
struct Weather {
  double loss = 0;
  double duplicates = 0;
  double reordered = 0;                                          // come later than those behind them
  rtc::Duration reordered_by = std::chrono::milliseconds(20);    // how much later
  rtc::Duration delay{};                                         // of every datagram
  rtc::Duration jitter{};                                        // at most so much more; keeps the order
  uint64_t rate_bps = 0;                                         // of the bottleneck, UDP payload; 0: none
  rtc::Duration longest_queue = std::chrono::milliseconds(200);  // what would wait longer there is dropped
};

// "loss=0.05,delay=20ms,jitter=5ms,reordered=0.01,reordered_by=30ms,duplicates=0.01,rate=2000000,queue=200ms":
// any of them, in any order; "" is fair weather. Reasons: BAD_WEATHER.
Result<Weather> parse_weather(std::string_view text);

}  // namespace kms::test
