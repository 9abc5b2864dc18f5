// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>

#include <vector>

#include "kms-core/rtc/net/socket_address.hpp"

namespace kms::rtc {

// The addresses of this machine that datagrams came to, by number, as long as sockets tell (UdpOptions): a
// peer takes an answer only from where it asked, and where a machine has several the kernel would choose by
// its routes. One per RTC thread.
class OwnAddresses {
 public:
  using Number = uint8_t;
  static constexpr Number kAny = 0;  // the kernel's choice
  // Later ones get the kernel's choice: a prefix that is routed here whole has more than anyone counts.
  static constexpr size_t kMost = 64;
  // What a control message for either family takes.
  static constexpr size_t kControl = CMSG_SPACE(sizeof(in6_pktinfo));

  // Makes a socket tell.
  static void ask(int fd, bool v6);
  // Of a datagram's control message; kAny if it is about something else.
  Number number_of(const cmsghdr& control);
  // Writes the control message that makes a datagram leave from there; gives its CMSG_SPACE.
  size_t write(Number number, cmsghdr& control) const;

 private:
  std::vector<SocketAddress> known_;
};

}  // namespace kms::rtc
