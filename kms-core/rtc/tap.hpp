// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "kms-core/rtc/forwarding/packet_ref.hpp"
#include "kms-core/rtc/rtc.hpp"

namespace kms::rtc {

struct TapOptions {
  // Packets that may wait for the reader; a second of 4 Mbit/s by default.
  size_t capacity = 512;
  // Called on an RTC thread once per batch of packets that may be popped; must not block, nor end the tap.
  // When the tap's destructor is done, no call is under way and none comes.
  std::function<void()> on_packets = {};
};

// A way out of the RTP plane: the packets of one source, shared and not copied, for one thread outside. Its
// RTC thread never waits: what the reader does not take in time is dropped and counted. Of pictures a key
// frame is asked for at once. Ends when destroyed; source, peer and server may end before it. Popped packets
// are let go before it.
class Tap {
 public:
  ~Tap();
  Tap(const Tap&) = delete;
  Tap& operator=(const Tap&) = delete;

  // The reader's thread. The next packet in the order of arrival, repairs among them (Packet::late); its
  // index (64 bits) says what is missing, Packet::captured when it was captured, on the media clock. Its
  // payload is Packet::media(): the rest may be padded for receivers at the same time; without any it takes
  // the number of something else, a telephone event among sound. False when nothing waits.
  bool pop(PacketRef& out);
  // Packets dropped because the reader was behind. Any thread.
  uint64_t dropped() const;
  // Any thread; coalesced with other receivers' requests. No effect on sound.
  void want_key_frame();

 private:
  friend class Server;
  struct Impl;
  Tap(const SourceRef& source, const TapOptions& options);
  std::shared_ptr<Impl> impl_;
};

}  // namespace kms::rtc
