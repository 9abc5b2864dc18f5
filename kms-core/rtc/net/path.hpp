// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/net/own_addresses.hpp"
#include "kms-core/rtc/net/socket_address.hpp"

namespace kms::rtc {

// The way to one peer on one RTC thread: through the thread's UDP port, or another socket, to an address, or
// through a TCP connection. The 5-tuple of RFC 7983, since the local end is the thread's.
struct Path {
  static constexpr uint32_t kUdp = 0;
  static constexpr uint32_t kSharedPort = 0;

  SocketAddress remote;
  uint32_t connection = kUdp;     // or the number of a TCP connection, never used twice
  uint32_t socket = kSharedPort;  // or the number of a peer's own UDP socket (PeerSockets), never used twice

  // Where its UDP came to, and ours leaves from. Not what tells paths apart: the peer may use several at
  // once.
  OwnAddresses::Number own_address = OwnAddresses::kAny;

  bool is_tcp() const { return connection != kUdp; }
  friend bool operator==(const Path& a, const Path& b) {
    return a.remote == b.remote && a.connection == b.connection && a.socket == b.socket;
  }
};

struct PathHash {
  size_t operator()(const Path& path) const { return path.remote.hash() + path.connection + path.socket; }
};

}  // namespace kms::rtc
