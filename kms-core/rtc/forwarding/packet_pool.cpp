// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/forwarding/packet_pool.hpp"

namespace kms::rtc {

void PacketRef::recycle(Packet* packet) { packet->pool->give_back(packet); }

PacketRef PacketPool::acquire() {
  if (!free_) free_ = returned_.exchange(nullptr, std::memory_order_acquire);
  if (!free_) grow();
  if (!free_) return {};
  Packet* packet = std::exchange(free_, free_->next);
  packet->references.store(1, std::memory_order_relaxed);
  packet->next = nullptr;
  packet->marker = packet->starts_key_frame = packet->late = packet->resumes = false;
  packet->padding = packet->extension_count = 0;
  packet->payload_size = packet->primary_at = 0;
  packet->layers = {};
  return PacketRef(packet);
}

void PacketPool::grow() {
  if (size() + kChunk > limit_) return;
  auto& chunk = *chunks_.emplace_back(std::make_unique<std::array<Packet, kChunk>>());
  for (auto& packet : chunk) {
    packet.pool = this;
    packet.next = std::exchange(free_, &packet);
  }
}

// Only pushes here and takes everything there, so that no packet can be swapped in between unseen.
void PacketPool::give_back(Packet* packet) {
  packet->next = returned_.load(std::memory_order_relaxed);
  while (!returned_.compare_exchange_weak(packet->next, packet, std::memory_order_release,
                                          std::memory_order_relaxed)) {
  }
}

}  // namespace kms::rtc
