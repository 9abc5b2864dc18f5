// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtcp/transport_feedback_reader.hpp"

#include <algorithm>
#include <bit>

#include "kms-core/rtc/wire/byte_reader.hpp"

namespace kms::rtc {
namespace {

constexpr int64_t kTicksPerReference = 256;  // 64 ms of 250 us

bool is_run(uint16_t chunk) { return (chunk & 0x8000) == 0; }
bool is_two_bit(uint16_t chunk) { return (chunk & 0x4000) != 0; }

uint16_t symbols_in(uint16_t chunk) {
  if (is_run(chunk)) return chunk & 0x1fff;
  return is_two_bit(chunk) ? 7 : 14;
}

size_t delta_size(unsigned symbol) { return symbol == 3 ? 0 : symbol; }

// Bytes of the deltas that belong to the first `count` symbols.
size_t deltas_of(uint16_t chunk, size_t count) {
  if (is_run(chunk)) return count * delta_size(chunk >> 13 & 3);
  const unsigned bits = chunk & 0x3fff;
  if (!is_two_bit(chunk)) return static_cast<size_t>(std::popcount(bits >> (14 - count)));
  size_t size = 0;
  for (size_t i = 0; i < count; ++i) size += delta_size(bits >> (12 - 2 * i) & 3);
  return size;
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
  feedback.chunk_ = reader.rest().data();
  size_t deltas = 0;
  for (size_t covered = 0; reader.ok() && covered < feedback.status_count_;) {
    const uint16_t chunk = reader.u16();
    const size_t count = std::min<size_t>(symbols_in(chunk), feedback.status_count_ - covered);
    if (count == 0) return std::nullopt;  // covers nothing: only rubbish does so
    deltas += deltas_of(chunk, count);
    covered += count;
  }
  feedback.delta_ = reader.rest().data();
  if (!reader.ok() || deltas > reader.left()) return std::nullopt;
  return feedback;
}

void TransportFeedbackReader::load_chunk() {
  const uint16_t chunk = load_u16(chunk_);
  chunk_ += 2;
  left_in_chunk_ = symbols_in(chunk);
  const bool run = is_run(chunk);
  symbols_ = run ? chunk >> 13 & 3 : chunk;
  symbol_bits_ = run ? 0 : is_two_bit(chunk) ? 2 : 1;
  symbol_mask_ = symbol_bits_ == 1 ? 1 : 3;
}

}  // namespace kms::rtc
