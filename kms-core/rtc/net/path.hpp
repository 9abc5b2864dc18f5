// SPDX-License-Identifier: Apache-2.0
#pragma once

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

  bool is_tcp() const { return connection != kUdp; }
  friend bool operator==(const Path&, const Path&) = default;
};

struct PathHash {
  size_t operator()(const Path& path) const { return path.remote.hash() + path.connection + path.socket; }
};

}  // namespace kms::rtc
