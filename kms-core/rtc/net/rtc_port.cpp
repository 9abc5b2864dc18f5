// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/net/rtc_port.hpp"

namespace kms::rtc {
namespace {

constexpr int kAttempts = 32;

SocketAddress any_address(bool v6, uint16_t port) {
  return *SocketAddress::parse(v6 ? "::" : "0.0.0.0", port);
}

bool system_has_ipv6() { return open_udp(*SocketAddress::parse("::1", 0), {}).ok(); }

Status open_tcp(RtcPort& port, bool v6) {
  auto listener = open_tcp_listener(any_address(v6, port.number));
  if (!listener.ok()) return listener.status();
  port.tcp.push_back(std::move(*listener));
  return ok();
}

Result<RtcPort> open_all(const RtcPortOptions& options, bool v6) {
  RtcPort port;
  auto udp4 = UdpInlet::open(any_address(false, options.number), options.udp, options.quiet);
  if (!udp4.ok()) return udp4.status();
  port.udp4 = std::move(*udp4);
  port.number = local_port(port.udp4.fd());
  if (v6) {
    auto udp6 = UdpInlet::open(any_address(true, port.number), options.udp, options.quiet);
    if (!udp6.ok()) return udp6.status();
    port.udp6 = std::move(*udp6);
  }
  if (!options.tcp) return port;
  if (const auto status = open_tcp(port, false); !status.ok()) return status;
  if (!v6) return port;
  if (const auto status = open_tcp(port, true); !status.ok()) return status;
  return port;
}

}  // namespace

Result<RtcPort> RtcPort::open(const RtcPortOptions& options) {
  const bool v6 = options.ipv6 && system_has_ipv6();
  auto port = open_all(options, v6);
  // A number that is free for UDP over IPv4 may be taken for the others: any other number will do.
  for (int attempt = 1; !port.ok() && options.number == 0 && attempt < kAttempts; ++attempt) {
    port = open_all(options, v6);
  }
  return port;
}

}  // namespace kms::rtc
