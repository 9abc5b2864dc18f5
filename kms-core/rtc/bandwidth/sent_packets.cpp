// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/bandwidth/sent_packets.hpp"

#include <algorithm>
#include <utility>

namespace kms::rtc {
namespace {

using std::chrono::microseconds;

uint32_t wrapped_us(TimePoint time) {
  return static_cast<uint32_t>(std::chrono::duration_cast<microseconds>(time.time_since_epoch()).count());
}

}  // namespace

uint16_t SentPackets::add(size_t size, uint8_t cluster, TimePoint now) {
  const auto bytes = static_cast<uint16_t>(std::min(size, kMostBytes));
  at(next_) = {wrapped_us(now), bytes, cluster, Fate::kUnknown};
  count_ = std::min(count_ + 1, kept());
  latest_ = now;
  return next_++;
}

void SentPackets::make_room(TimePoint now) {
  if (count_ < kept() || kept() == kMost || now - packet(at(next_)).sent_at >= kRemembered) return;
  std::vector<Record> larger(kept() * 2);
  for (size_t age = 1; age <= count_; ++age) {
    const auto sequence = static_cast<uint16_t>(next_ - age);
    larger[sequence & (larger.size() - 1)] = at(sequence);
  }
  records_ = std::move(larger);
}

SentPackets::Record* SentPackets::find(uint16_t sequence) {
  const auto behind = static_cast<uint16_t>(next_ - 1 - sequence);
  return behind < count_ ? &at(sequence) : nullptr;
}

SentPacket SentPackets::packet(const Record& record) const {
  const microseconds ago(wrapped_us(latest_) - record.sent_us);
  return {latest_ - ago, record.size, record.cluster};
}

std::optional<SentPackets::Told> SentPackets::arrived(uint16_t sequence) {
  auto* record = find(sequence);
  if (!record || record->fate == Fate::kArrived) return std::nullopt;
  const bool was_lost = record->fate == Fate::kLost;
  record->fate = Fate::kArrived;
  return Told{packet(*record), was_lost};
}

std::optional<SentPacket> SentPackets::lost(uint16_t sequence) {
  auto* record = find(sequence);
  if (!record || record->fate != Fate::kUnknown) return std::nullopt;
  record->fate = Fate::kLost;
  return packet(*record);
}

}  // namespace kms::rtc
