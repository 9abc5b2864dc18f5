// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "kms-core/rtc/rtcp/rtcp_types.hpp"
#include "kms-core/rtc/rtp/sequence_unwrapper.hpp"
#include "kms-core/rtc/wire/clock.hpp"

namespace kms::rtc {

// Counts one received stream for its report block (RFC 3550 section 6.4.1, appendices A.3 and A.8). Fixed
// memory, no allocation. Lives on the peer's RTC thread.
class ReceptionStatistics {
 public:
  explicit ReceptionStatistics(uint32_t clock_rate_hz) : clock_rate_(clock_rate_hz) {}

  // Each packet of the stream as it arrives, also late ones; not what RTX repairs.
  void on_packet(uint16_t sequence, uint32_t rtp_timestamp, TimePoint now);
  void on_sender_report(const SenderInfo& info, TimePoint now);

  // The block for the stream `ssrc`; begins a new interval for fraction_lost. Nothing before the first
  // packet.
  std::optional<ReportBlock> report(uint32_t ssrc, TimePoint now);

  int64_t packets() const { return received_; }
  double jitter_s() const { return static_cast<double>(jitter_16_ >> 4) / clock_rate_; }
  int64_t lost() const;  // negative if there were more duplicates than losses

 private:
  void update_jitter(uint32_t rtp_timestamp, TimePoint now);
  uint8_t fraction_lost();

  uint32_t clock_rate_;
  SequenceUnwrapper<uint16_t> sequences_;
  int64_t first_ = 0;
  int64_t received_ = 0;
  int64_t expected_before_ = 0;
  int64_t received_before_ = 0;
  std::optional<uint32_t> last_transit_;
  uint32_t jitter_16_ = 0;  // 16 times the jitter
  uint64_t last_sr_ntp_ = 0;
  TimePoint last_sr_at_{};
};

// The round trip that a report block about our own stream shows (RFC 3550 section 6.4.1), `ntp` being the
// moment of its arrival on the clock of our sender reports. Nothing if the block answers none of them.
std::optional<Duration> round_trip_of(const ReportBlock& block, uint64_t ntp);

}  // namespace kms::rtc
