// SPDX-License-Identifier: Apache-2.0
#include "bench/loadtest/outcome.hpp"

#include <algorithm>

namespace kms::rtc::loadtest {
namespace {

double percent(int64_t part, uint64_t whole) {
  return whole == 0 ? 0 : 100 * static_cast<double>(std::max<int64_t>(part, 0)) / static_cast<double>(whole);
}

}  // namespace

double Outcome::loss_percent(const StreamTotals& totals) { return percent(totals.lost(), totals.expected); }

double Outcome::loss_percent() const {
  return percent(video.lost() + audio.lost(), video.expected + audio.expected);
}

double Outcome::loss_before_repair_percent() const {
  const auto expected = video.expected + audio.expected;
  return percent(static_cast<int64_t>(expected - video.received - audio.received), expected);
}

std::optional<double> Outcome::us_per_packet() const {
  const auto packets = counts[Count::kReceivedPackets];
  if (!server || packets == 0) return std::nullopt;
  return server->cpu_seconds * 1e6 / static_cast<double>(packets);
}

}  // namespace kms::rtc::loadtest
