// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>

#include "kms-core/rtc/forwarding/packet.hpp"
#include "kms-core/rtc/local_source.hpp"

namespace kms::rtc {

// Packets on their way from the thread that makes them to an RTC thread: a ring of slots made beforehand,
// into which one copies and from which the other does. No lock, no allocation.
class LocalQueue {
 public:
  explicit LocalQueue(size_t capacity);

  // The making thread. False if the payload is too large or the ring is full.
  bool push(const LocalSource::Outgoing& packet);
  bool empty() const {
    return head_.load(std::memory_order_relaxed) == tail_.load(std::memory_order_acquire);
  }
  // The RTC thread, when not empty: payload, time stamp, marker and capture time of the next packet.
  void pop_into(Packet& packet);
  void skip() { head_.store(head_.load(std::memory_order_relaxed) + 1, std::memory_order_release); }

 private:
  struct Slot {
    TimePoint captured;
    uint32_t timestamp;
    uint16_t size;
    bool marker;
    std::array<uint8_t, Packet::kMaxPayload> bytes;
  };

  const size_t mask_;
  const std::unique_ptr<Slot[]> slots_;  // not touched before they are needed
  alignas(64) std::atomic<size_t> head_ = 0;
  alignas(64) std::atomic<size_t> tail_ = 0;
};

}  // namespace kms::rtc
