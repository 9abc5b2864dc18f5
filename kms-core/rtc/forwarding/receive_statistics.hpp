// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "kms-core/rtc/forwarding/packet.hpp"

namespace kms::rtc {

// What a receiver report says about one source (RFC 3550 sections 6.4.1 and A.3, A.8).
struct ReceiveReport {
  uint8_t fraction_lost = 0;      // of 256, since the previous report
  int32_t cumulative_lost = 0;    // 24 bits
  uint32_t highest_sequence = 0;  // with the roll-over counter above it
  uint32_t jitter = 0;            // in time-stamp units
};

// Counts what comes from one source. One thread.
class ReceiveStatistics {
 public:
  explicit ReceiveStatistics(uint32_t clock_rate) : clock_rate_(clock_rate) {}

  void on_packet(const Packet& packet);
  bool started() const { return packets_ > 0; }
  // Begins a new interval.
  ReceiveReport report();

  uint64_t packets() const { return packets_; }
  uint64_t octets() const { return octets_; }
  int64_t lost() const {
    return static_cast<int64_t>(highest_ - first_ + 1) - static_cast<int64_t>(packets_);
  }

 private:
  uint32_t clock_rate_;
  uint64_t packets_ = 0;
  uint64_t octets_ = 0;
  uint64_t first_ = 0;
  uint64_t highest_ = 0;
  double jitter_ = 0;
  uint32_t last_transit_ = 0;
  uint64_t reported_expected_ = 0;
  uint64_t reported_packets_ = 0;
};

}  // namespace kms::rtc
