// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "kms-core/rtc/forwarding/packet.hpp"

namespace kms::rtc {

// A share in a Packet, counted inside it; the last one to go returns it to its pool. May be handed to other
// threads.
class PacketRef {
 public:
  PacketRef() = default;
  PacketRef(const PacketRef& other) : packet_(other.packet_) {
    if (packet_) packet_->references.fetch_add(1, std::memory_order_relaxed);
  }
  PacketRef(PacketRef&& other) noexcept : packet_(std::exchange(other.packet_, nullptr)) {}
  PacketRef& operator=(PacketRef other) noexcept {
    std::swap(packet_, other.packet_);
    return *this;
  }
  ~PacketRef() {
    if (packet_ && packet_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) recycle(packet_);
  }

  explicit operator bool() const { return packet_ != nullptr; }
  Packet* operator->() const { return packet_; }
  Packet& operator*() const { return *packet_; }

 private:
  friend class PacketPool;
  // Takes over the one reference a fresh packet has.
  explicit PacketRef(Packet* packet) : packet_(packet) {}
  static void recycle(Packet* packet);

  Packet* packet_ = nullptr;
};

}  // namespace kms::rtc
