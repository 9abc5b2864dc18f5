// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/forwarding/receive_statistics.hpp"

#include <algorithm>
#include <cmath>

namespace kms::rtc {

void ReceiveStatistics::on_packet(const Packet& packet) {
  if (packets_++ == 0) first_ = highest_ = packet.index;
  first_ = std::min(first_, packet.index);
  highest_ = std::max(highest_, packet.index);
  octets_ += packet.payload_size;
  if (packet.late) return;
  const std::chrono::duration<double> since = packet.arrived.time_since_epoch();
  const auto arrival = static_cast<uint64_t>(since.count() * clock_rate_);
  const auto transit = static_cast<uint32_t>(arrival) - packet.timestamp;
  const double step = std::abs(static_cast<double>(static_cast<int32_t>(transit - last_transit_)));
  if (packets_ > 1) jitter_ += (step - jitter_) / 16;
  last_transit_ = transit;
}

ReceiveReport ReceiveStatistics::report() {
  const uint64_t expected = highest_ - first_ + 1;
  const auto expected_now = static_cast<int64_t>(expected - reported_expected_);
  const auto lost_now = expected_now - static_cast<int64_t>(packets_ - reported_packets_);
  reported_expected_ = expected;
  reported_packets_ = packets_;
  ReceiveReport report;
  if (expected_now > 0 && lost_now > 0) {
    report.fraction_lost = static_cast<uint8_t>(std::min<int64_t>(255, lost_now * 256 / expected_now));
  }
  report.cumulative_lost = static_cast<int32_t>(std::clamp<int64_t>(lost(), -0x800000, 0x7fffff));
  report.highest_sequence = static_cast<uint32_t>(highest_);
  report.jitter = static_cast<uint32_t>(jitter_);
  return report;
}

}  // namespace kms::rtc
