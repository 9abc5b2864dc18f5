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

  // The making thread. False if the payload is too large or the ring is full; the next packet tells of it.
  bool push(const LocalSource::Outgoing& packet);
  // The making thread: time to have it emptied, though the frame is not whole.
  bool is_half_full() const { return size() > mask_ / 2; }
  bool empty() const {
    return head_.load(std::memory_order_relaxed) == tail_.load(std::memory_order_acquire);
  }
  // The RTC thread, when not empty: how many packets were refused before the next one.
  uint32_t missing() const { return front().missing; }
  // The RTC thread, when not empty: payload, time stamp, marker and capture time of the next packet.
  void pop_into(Packet& packet);
  void skip() { head_.store(head_.load(std::memory_order_relaxed) + 1, std::memory_order_release); }

 private:
  struct Slot {
    TimePoint captured;
    uint32_t timestamp;
    uint32_t missing;
    uint16_t size;
    bool marker;
    std::array<uint8_t, Packet::kMaxPayload> bytes;
  };

  const Slot& front() const { return slots_[head_.load(std::memory_order_relaxed) & mask_]; }
  size_t size() const {
    return tail_.load(std::memory_order_relaxed) - head_.load(std::memory_order_acquire);
  }

  const size_t mask_;
  const std::unique_ptr<Slot[]> slots_;  // not touched before they are needed
  alignas(64) std::atomic<size_t> head_ = 0;
  alignas(64) std::atomic<size_t> tail_ = 0;
  uint32_t refused_ = 0;  // since the last one that was taken; the making thread's
};

}  // namespace kms::rtc
