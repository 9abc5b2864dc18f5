// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "kms-core/rtc/forwarding/packet_ref.hpp"

namespace kms::rtc {

// The packets of a source from its latest key frame on, for receivers that come later: of a source that makes
// no key frame when asked (a file). Bounded: what is longer is not kept, until the next key frame. One
// thread.
class KeptPackets {
 public:
  // 6 s of 4 Mbit/s.
  static constexpr size_t kMost = 2560;

  void add(const PacketRef& packet) {
    if (begins(*packet)) packets_.clear();
    if (packets_.empty() && !packet->starts_key_frame) return;
    if (packets_.size() == kMost) return packets_.clear();
    packets_.push_back(packet);
  }
  std::span<const PacketRef> all() const { return packets_; }

 private:
  // Parameter sets and the picture behind them each look like the beginning.
  bool begins(const Packet& packet) const {
    if (!packet.starts_key_frame || packet.late) return false;
    return packets_.empty() || packets_.front()->timestamp != packet.timestamp;
  }

  std::vector<PacketRef> packets_;
};

}  // namespace kms::rtc
