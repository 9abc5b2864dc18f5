// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "kms-core/rtc/rtcp/rtcp_types.hpp"
#include "kms-core/rtc/wire/bytes.hpp"

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

  // One after the other, without a gap in their numbers; then nothing.
  std::optional<Status> next() {
    if (position_ == status_count_) return std::nullopt;
    Status status{static_cast<uint16_t>(base_sequence_ + position_++), std::nullopt};
    const uint8_t symbol = next_symbol();
    if (symbol != 1 && symbol != 2) return status;
    arrival_ += symbol == 1 ? *delta_ : static_cast<int16_t>(load_u16(delta_));
    delta_ += symbol;
    status.arrival = arrival_;
    return status;
  }

  // Counts feedback packets, to notice lost ones.
  uint8_t feedback_count() const { return feedback_count_; }

 private:
  TransportFeedbackReader() = default;

  // A symbol is as large as its delta, but for the one that has none: 3 is reserved.
  uint8_t next_symbol() {
    if (left_in_chunk_ == 0) load_chunk();
    --left_in_chunk_;
    const unsigned shift = symbol_bits_ * left_in_chunk_;
    return static_cast<uint8_t>(symbols_ >> shift & symbol_mask_);
  }
  void load_chunk();

  uint16_t base_sequence_ = 0;
  uint16_t status_count_ = 0;
  uint8_t feedback_count_ = 0;
  uint16_t position_ = 0;
  int64_t arrival_ = 0;
  // parse() has seen that all chunks and deltas are there.
  const uint8_t* chunk_ = nullptr;
  const uint8_t* delta_ = nullptr;
  uint16_t symbols_ = 0;  // of the chunk, the first one in the highest bits
  uint16_t left_in_chunk_ = 0;
  uint8_t symbol_bits_ = 0;  // 0: a run, all are the same
  uint8_t symbol_mask_ = 0;
};

}  // namespace kms::rtc
