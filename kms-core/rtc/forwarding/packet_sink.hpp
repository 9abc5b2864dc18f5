// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "kms-core/rtc/forwarding/packet_ref.hpp"

namespace kms::rtc {

// Where a source's packets go on: the consumers of its own thread, those of another one, or a bridge out of
// the RTP plane. Called on the source's thread, once per batch.
class PacketSink {
 public:
  virtual ~PacketSink() = default;
  virtual void on_packets(std::span<const PacketRef> packets) = 0;
};

// A way out of the RTP plane that takes each packet as it comes and counts as no receiver: it holds up
// nothing and makes nobody hurry. Packets may be padded for receivers while it has them: it reads
// Packet::media(). Called on the source's thread.
class PacketTap {
 public:
  virtual ~PacketTap() = default;
  virtual void on_packet(const PacketRef& packet) = 0;
  // After some packets, once per turn.
  virtual void on_batch_end() = 0;
};

}  // namespace kms::rtc
