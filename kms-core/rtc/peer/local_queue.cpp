// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/peer/local_queue.hpp"

#include <bit>
#include <cstring>
#include <utility>

namespace kms::rtc {

LocalQueue::LocalQueue(size_t capacity)
    : mask_(std::bit_ceil(capacity) - 1), slots_(std::make_unique_for_overwrite<Slot[]>(mask_ + 1)) {}

bool LocalQueue::push(const LocalSource::Outgoing& packet) {
  const size_t bytes = packet.payload.size();
  const size_t tail = tail_.load(std::memory_order_relaxed);
  if (bytes > Packet::kMaxPayload || size() > mask_) {
    ++refused_;
    return false;
  }
  auto& slot = slots_[tail & mask_];
  slot.captured = packet.captured;
  slot.timestamp = packet.timestamp;
  slot.size = static_cast<uint16_t>(bytes);
  slot.missing = std::exchange(refused_, 0);
  slot.marker = packet.marker;
  if (bytes > 0) std::memcpy(slot.bytes.data(), packet.payload.data(), bytes);
  tail_.store(tail + 1, std::memory_order_release);
  return true;
}

void LocalQueue::pop_into(Packet& packet) {
  const auto& slot = front();
  packet.captured = slot.captured;
  packet.timestamp = slot.timestamp;
  packet.payload_size = slot.size;
  packet.marker = slot.marker;
  std::memcpy(packet.bytes.data(), slot.bytes.data(), slot.size);
  skip();
}

}  // namespace kms::rtc
