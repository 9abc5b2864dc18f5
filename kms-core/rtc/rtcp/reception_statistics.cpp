// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtcp/reception_statistics.hpp"

#include <algorithm>
#include <cstdlib>

namespace kms::rtc {
namespace {

// 1/65536 s, in 32 bits that wrap around after 18 hours.
uint32_t short_ntp_duration(Duration duration) {
  using Units = std::chrono::duration<int64_t, std::ratio<1, 65536>>;
  return static_cast<uint32_t>(std::chrono::duration_cast<Units>(duration).count());
}

}  // namespace

void ReceptionStatistics::on_packet(uint16_t sequence, uint32_t rtp_timestamp, TimePoint now) {
  const bool first = !sequences_.started();
  const int64_t index = sequences_.unwrap(sequence);
  if (first) first_ = index;
  first_ = std::min(first_, index);
  ++received_;
  update_jitter(rtp_timestamp, now);
}

void ReceptionStatistics::update_jitter(uint32_t rtp_timestamp, TimePoint now) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
  const auto arrival =
      static_cast<uint32_t>(us / 1000 * clock_rate_ / 1000 + us % 1000 * clock_rate_ / 1000000);
  const uint32_t transit = arrival - rtp_timestamp;
  if (last_transit_) {
    const auto difference =
        static_cast<uint32_t>(std::abs(int64_t{static_cast<int32_t>(transit - *last_transit_)}));
    // A jump of the time stamps is no jitter (libraries restart their clocks): more than 5 s is left out.
    if (difference < 5 * clock_rate_) jitter_16_ += difference - ((jitter_16_ + 8) >> 4);
  }
  last_transit_ = transit;
}

void ReceptionStatistics::on_sender_report(const SenderInfo& info, TimePoint now) {
  last_sr_ntp_ = info.ntp;
  last_sr_at_ = now;
}

int64_t ReceptionStatistics::lost() const {
  return sequences_.started() ? sequences_.highest() - first_ + 1 - received_ : 0;
}

uint8_t ReceptionStatistics::fraction_lost() {
  const int64_t expected = sequences_.highest() - first_ + 1;
  const int64_t expected_now = expected - expected_before_;
  const int64_t lost_now = expected_now - (received_ - received_before_);
  expected_before_ = expected;
  received_before_ = received_;
  if (expected_now <= 0 || lost_now <= 0) return 0;
  return static_cast<uint8_t>(std::min<int64_t>(255, lost_now * 256 / expected_now));
}

std::optional<ReportBlock> ReceptionStatistics::report(uint32_t ssrc, TimePoint now) {
  if (!sequences_.started()) return std::nullopt;
  ReportBlock block;
  block.ssrc = ssrc;
  block.fraction_lost = fraction_lost();
  block.cumulative_lost = static_cast<int32_t>(std::clamp<int64_t>(lost(), -0x800000, 0x7fffff));
  block.highest_sequence = static_cast<uint32_t>(sequences_.highest());
  block.jitter = jitter_16_ >> 4;
  if (last_sr_ntp_ != 0) {
    block.last_sr = compact_ntp(last_sr_ntp_);
    block.delay_since_last_sr = short_ntp_duration(now - last_sr_at_);
  }
  return block;
}

std::optional<Duration> round_trip_of(const ReportBlock& block, uint64_t ntp) {
  if (block.last_sr == 0) return std::nullopt;
  const auto trip = static_cast<int32_t>(compact_ntp(ntp) - block.delay_since_last_sr - block.last_sr);
  // Clocks of different pace may make a short trip look negative; minutes are a forged block.
  if (trip < -65536 || trip > 60 * 65536) return std::nullopt;
  return std::chrono::microseconds(std::max<int64_t>(0, int64_t{trip} * 1'000'000 / 65536));
}

}  // namespace kms::rtc
