// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/base/status.hpp"
#include "kms-core/rtc/net/socket_address.hpp"
#include "kms-core/rtc/net/unique_fd.hpp"

namespace kms::rtc {

// Ports that peers of plain RTP may be given, both ends included.
struct PortRange {
  uint16_t first = 10'000;
  uint16_t last = 19'999;
};

// The bound sockets of one m-line: RTP on an even number and RTCP on the next one (RFC 3550 section 11), or
// both on one (RFC 5761), where `rtcp` is not valid.
struct LocalPorts {
  UniqueFd rtp;
  UniqueFd rtcp;
  uint16_t port = 0;

  uint16_t rtcp_port() const { return rtcp.valid() ? static_cast<uint16_t>(port + 1) : port; }
};

// The next free ones, from a random place in the range on, so that a port just left is not given at once to
// someone else. `local`: the address to bind. Reason: PORT_UNAVAILABLE.
Result<LocalPorts> open_ports(const SocketAddress& local, const PortRange& range, bool mux);
// These and no others.
Result<LocalPorts> open_ports_at(const SocketAddress& local, bool mux);

}  // namespace kms::rtc
