// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "kms-core/rtc/net/datagram.hpp"

namespace kms::rtc {

// What an RTC thread does with its packets. All calls come on that thread.
class PacketHandler {
 public:
  virtual ~PacketHandler() = default;
  // These will be handed on next, one by one. Says nothing of what they are.
  virtual void expect(std::span<const Datagram>) {}
  virtual void on_datagram(const Datagram& datagram) = 0;
  virtual void on_tcp_closed(const Path& path) = 0;
  // Once per wake-up, after the sockets have been drained and before what was queued is sent. Gives the time
  // of the next wake-up at the latest.
  virtual TimePoint on_turn_end(TimePoint now) = 0;
};

}  // namespace kms::rtc
