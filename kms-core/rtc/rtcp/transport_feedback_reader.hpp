// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "kms-core/rtc/rtcp/rtcp_types.hpp"
#include "kms-core/rtc/wire/byte_reader.hpp"

namespace kms::rtc {

// Walks a transport-cc feedback packet (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1).
// Never allocates.
class TransportFeedbackReader {
 public:
  struct Status {
    uint16_t sequence;
    // Arrival in units of 250 us on the receiver's own clock, which wraps at 2^24 * 256 units; nothing: lost.
    std::optional<int64_t> arrival;
  };

  // Seconds of a fast stream. A few bytes of run lengths may claim 65,535, and each costs time.
  static constexpr uint16_t kMaxStatuses = 4096;

  // Nothing unless it is such a packet, has no more than kMaxStatuses, and its chunks and deltas are inside.
  static std::optional<TransportFeedbackReader> parse(const RtcpPacket& packet);

  // Of base_sequence(), base_sequence() + 1 and so on, status_count() times; then nothing.
  std::optional<Status> next();

  uint16_t base_sequence() const { return base_sequence_; }
  uint16_t status_count() const { return status_count_; }
  // Counts feedback packets, to notice lost ones.
  uint8_t feedback_count() const { return feedback_count_; }

 private:
  TransportFeedbackReader() : chunks_({}), deltas_({}) {}
  uint8_t next_symbol();
  void load_chunk();
  bool is_whole() const;

  uint16_t base_sequence_ = 0;
  uint16_t status_count_ = 0;
  uint8_t feedback_count_ = 0;
  uint16_t position_ = 0;
  int64_t arrival_ = 0;
  ByteReader chunks_;
  ByteReader deltas_;
  uint16_t chunk_ = 0;
  uint16_t left_in_chunk_ = 0;
};

}  // namespace kms::rtc
