// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <vector>

#include "kms-core/rtc/forwarding/packet_ref.hpp"

namespace kms::rtc {

// The last packets of one source, by index, for retransmission. Bounded by number, and by age through
// expire(), so that a slow stream keeps little memory. One thread.
class PacketRing {
 public:
  explicit PacketRing(size_t capacity) : slots_(std::bit_ceil(capacity)), mask_(slots_.size() - 1) {}

  void put(const PacketRef& packet) {
    const uint64_t index = packet->index;
    if (index + slots_.size() < end_) return;
    slots_[index & mask_] = packet;
    if (index >= end_) end_ = index + 1;
    if (begin_ == end_ || index < begin_) begin_ = index;
    if (end_ - begin_ > slots_.size()) begin_ = end_ - slots_.size();
  }

  // Empty if the packet never came, or has left the ring.
  const PacketRef& find(uint64_t index) const {
    const auto& slot = slots_[index & mask_];
    return slot && slot->index == index ? slot : none_;
  }

  // Lets go of everything that arrived before `time`.
  void expire(TimePoint time) {
    for (; begin_ < end_; ++begin_) {
      auto& slot = slots_[begin_ & mask_];
      if (slot && slot->arrived >= time) return;
      slot = {};
    }
  }

 private:
  std::vector<PacketRef> slots_;
  uint64_t mask_;
  uint64_t begin_ = 0;  // nothing before it is kept
  uint64_t end_ = 0;    // one after the highest index put
  PacketRef none_;
};

}  // namespace kms::rtc
