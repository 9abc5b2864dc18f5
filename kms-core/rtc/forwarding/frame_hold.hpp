// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "kms-core/rtc/forwarding/packet_ref.hpp"

namespace kms::rtc {

// When packets of a video stream wait for the end of their frame: a decoder could not go on earlier anyway,
// and the kernel takes several packets for one receiver in one call.
struct HoldPolicy {
  size_t min_receivers = 10;              // fewer are sent each packet as it comes
  std::chrono::milliseconds longest{20};  // what a lost marker bit costs
  uint8_t max_padding = 64;               // bytes per packet, to make sizes equal; 0: none
};

// The packets of one source that have not been sent yet. Lives on the source's RTC thread.
class FrameHold {
 public:
  FrameHold(const HoldPolicy& policy, bool video);

  void add(const PacketRef& packet);
  bool empty() const { return packets_.empty(); }

  // Whether packets for that many receivers wait at all.
  bool holds(size_t receivers) const {
    return video_ && receivers >= policy_.min_receivers && policy_.longest.count() > 0;
  }
  // Whether what waits is to be sent now, to that many receivers.
  bool due(TimePoint now, size_t receivers) const;
  // When it will be, if no further packet comes.
  TimePoint deadline() const { return packets_.front()->arrived + policy_.longest; }
  // What waits, its sizes made equal. Lives until the next add().
  std::span<const PacketRef> take();

 private:
  HoldPolicy policy_;
  bool video_;
  bool complete_ = false;  // a frame has ended, or something urgent came
  std::vector<PacketRef> packets_;
  std::vector<PacketRef> taken_;
};

// Appends RTP padding of at most `max_padding` bytes to packets that nobody has been sent yet, so that runs
// of them get one size and only the last of a run may be shorter, which is what UDP_SEGMENT allows.
void equalize(std::span<const PacketRef> packets, uint8_t max_padding);

}  // namespace kms::rtc
