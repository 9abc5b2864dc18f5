// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtcp/transport_feedback_generator.hpp"

#include <algorithm>
#include <limits>

namespace kms::rtc {
namespace {

using Tick = std::chrono::duration<int64_t, std::ratio<1, 4000>>;  // 250 us

constexpr uint32_t kTicksPerBase = 256;  // 64 ms

struct Head {
  FeedbackHead from;
  uint16_t base;
  uint16_t count;
  uint32_t reference;
  uint8_t feedback_count;
};

void write_head(const Head& head, ByteWriter& to) {
  to.u8(0x80 | rtcp::kTransportCc);
  to.u8(rtcp::kTransportFeedback);
  to.u16(0);
  to.u32(head.from.sender_ssrc);
  to.u32(head.from.media_ssrc);
  to.u16(head.base);
  to.u16(head.count);
  to.u24(head.reference);
  to.u8(head.feedback_count);
}

void write_deltas(std::span<const ArrivalSymbol> symbols, const int16_t* deltas, ByteWriter& to) {
  for (const auto symbol : symbols) {
    if (symbol == ArrivalSymbol::kSmallDelta) to.u8(static_cast<uint8_t>(*deltas++));
    if (symbol == ArrivalSymbol::kLargeDelta) to.u16(static_cast<uint16_t>(*deltas++));
  }
}

}  // namespace

void TransportFeedbackGenerator::on_packet(uint16_t sequence, TimePoint arrival) {
  const bool first = !unwrapper_.started();
  const int64_t index = unwrapper_.unwrap(sequence);
  if (first) {
    // A second back: packets that are stamped a little before the first one stay above zero.
    epoch_ = arrival - std::chrono::seconds(1);
    begin_ = end_ = index;
  }
  if (index < end_ - kWindow) return;
  if (index >= end_) advance_to(index);
  auto& at = slot(index);
  if (at != kNever) return;
  at = static_cast<uint32_t>(std::chrono::duration_cast<Tick>(arrival - epoch_).count());
  if (at == kNever) --at;
  begin_ = std::min(begin_, index);
  has_news_ = true;
}

void TransportFeedbackGenerator::advance_to(int64_t index) {
  const int64_t from = std::max(end_, index + 1 - kWindow);
  for (int64_t i = from; i <= index; ++i) slot(i) = kNever;
  end_ = index + 1;
  begin_ = std::max(begin_, end_ - kWindow);
}

// Called only with news, which means that something in the range has arrived.
uint32_t TransportFeedbackGenerator::first_arrival() {
  int64_t index = begin_;
  while (index + 1 < end_ && slot(index) == kNever) ++index;
  return slot(index);
}

// Takes statuses from begin_ on until the batch is full or an arrival is out of a delta's reach.
void TransportFeedbackGenerator::fill(Batch& batch, uint32_t reference) {
  uint32_t last = reference * kTicksPerBase;
  for (; begin_ < end_ && batch.symbol_count < kMaxStatuses; ++begin_) {
    const uint32_t arrival = slot(begin_);
    auto symbol = ArrivalSymbol::kLost;
    if (arrival != kNever) {
      const auto delta = static_cast<int32_t>(arrival - last);
      if (delta != static_cast<int16_t>(delta)) return;
      symbol = delta >= 0 && delta <= 255 ? ArrivalSymbol::kSmallDelta : ArrivalSymbol::kLargeDelta;
      batch.deltas[batch.delta_count++] = static_cast<int16_t>(delta);
      last = arrival;
    }
    batch.symbols[batch.symbol_count++] = symbol;
  }
}

size_t TransportFeedbackGenerator::write(const FeedbackHead& head, MutableBytes out) {
  if (!has_news_) return 0;
  const int64_t base = begin_;
  const uint32_t reference = first_arrival() / kTicksPerBase;
  Batch batch;
  fill(batch, reference);
  const auto symbols = std::span(batch.symbols).first(batch.symbol_count);
  ByteWriter writer(out);
  write_head(
      {head, static_cast<uint16_t>(base), static_cast<uint16_t>(symbols.size()), reference, feedback_count_},
      writer);
  write_status_chunks(symbols, writer);
  write_deltas(symbols, batch.deltas.data(), writer);
  writer.zeros((4 - writer.size() % 4) % 4);
  if (!writer.ok()) {
    begin_ = base;
    return 0;
  }
  store_u16(&out[2], static_cast<uint16_t>(writer.size() / 4 - 1));
  ++feedback_count_;
  has_news_ = begin_ < end_;
  return writer.size();
}

}  // namespace kms::rtc
