// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtcp/transport_feedback_reader.hpp"

#include <algorithm>

namespace kms::rtc {
namespace {

constexpr int64_t kTicksPerReference = 256;  // 64 ms of 250 us

bool is_run(uint16_t chunk) { return (chunk & 0x8000) == 0; }
bool is_two_bit(uint16_t chunk) { return (chunk & 0x4000) != 0; }

uint16_t symbols_in(uint16_t chunk) {
  if (is_run(chunk)) return chunk & 0x1fff;
  return is_two_bit(chunk) ? 7 : 14;
}

}  // namespace

std::optional<TransportFeedbackReader> TransportFeedbackReader::parse(const RtcpPacket& packet) {
  if (packet.type != rtcp::kTransportFeedback || packet.count != rtcp::kTransportCc) return std::nullopt;
  ByteReader reader(packet.body);
  reader.skip(8);
  TransportFeedbackReader feedback;
  feedback.base_sequence_ = reader.u16();
  feedback.status_count_ = reader.u16();
  if (feedback.status_count_ > kMaxStatuses) return std::nullopt;
  feedback.arrival_ = int64_t{reader.u24()} * kTicksPerReference;
  feedback.feedback_count_ = reader.u8();
  feedback.chunks_ = ByteReader(reader.rest());
  for (size_t covered = 0; reader.ok() && covered < feedback.status_count_;) {
    const uint16_t symbols = symbols_in(reader.u16());
    if (symbols == 0) return std::nullopt;  // covers nothing: only rubbish does so
    covered += symbols;
  }
  feedback.deltas_ = ByteReader(reader.rest());
  if (!reader.ok() || !feedback.is_whole()) return std::nullopt;
  return feedback;
}

bool TransportFeedbackReader::is_whole() const {
  auto rehearsal = *this;
  while (rehearsal.next()) {
  }
  return rehearsal.deltas_.ok();
}

void TransportFeedbackReader::load_chunk() {
  chunk_ = chunks_.u16();
  left_in_chunk_ = symbols_in(chunk_);
}

uint8_t TransportFeedbackReader::next_symbol() {
  if (left_in_chunk_ == 0) load_chunk();
  --left_in_chunk_;
  if (is_run(chunk_)) return static_cast<uint8_t>(chunk_ >> 13 & 3);
  if (is_two_bit(chunk_)) return static_cast<uint8_t>(chunk_ >> (2 * left_in_chunk_) & 3);
  return static_cast<uint8_t>(chunk_ >> left_in_chunk_ & 1);
}

std::optional<TransportFeedbackReader::Status> TransportFeedbackReader::next() {
  if (position_ == status_count_) return std::nullopt;
  Status status{static_cast<uint16_t>(base_sequence_ + position_), std::nullopt};
  ++position_;
  const uint8_t symbol = next_symbol();
  if (symbol != 1 && symbol != 2) return status;
  arrival_ += symbol == 1 ? deltas_.u8() : static_cast<int16_t>(deltas_.u16());
  status.arrival = arrival_;
  return status;
}

}  // namespace kms::rtc
