// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "kms-core/rtc/forwarding/packet_ref.hpp"

namespace kms::rtc {

// Packets of one RTC thread. They are made in chunks as the traffic grows and used again; what other threads
// let go comes home through a stack that takes no lock. Outlives all its packets.
class PacketPool {
 public:
  static constexpr size_t kChunk = 32;

  // Not more than `limit` packets: memory stays bounded under any load.
  explicit PacketPool(size_t limit) : limit_(limit) {}
  PacketPool(const PacketPool&) = delete;
  PacketPool& operator=(const PacketPool&) = delete;

  // A packet with its fields as new; empty when the limit is reached. The owning thread.
  PacketRef acquire();
  size_t size() const { return chunks_.size() * kChunk; }

 private:
  friend class PacketRef;
  void give_back(Packet* packet);
  void grow();

  size_t limit_;
  std::vector<std::unique_ptr<std::array<Packet, kChunk>>> chunks_;
  Packet* free_ = nullptr;
  alignas(64) std::atomic<Packet*> returned_ = nullptr;
};

}  // namespace kms::rtc
