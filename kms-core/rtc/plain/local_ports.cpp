// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/plain/local_ports.hpp"

#include <fmt/format.h>

#include <random>

#include "kms-core/rtc/net/udp_socket.hpp"

namespace kms::rtc {
namespace {

// A call's worth; the thread's shared port takes many peers and has more.
constexpr UdpOptions kSocket{.receive_buffer_bytes = 1 << 20, .send_buffer_bytes = 1 << 20};

size_t random_below(size_t count) {
  thread_local std::mt19937 random{std::random_device{}()};
  return std::uniform_int_distribution<size_t>(0, count - 1)(random);
}

}  // namespace

Result<LocalPorts> open_ports_at(const SocketAddress& local, bool mux) {
  LocalPorts ports;
  auto rtp = open_udp(local, kSocket);
  if (!rtp.ok()) return rtp.status();
  ports.rtp = std::move(*rtp);
  ports.port = local_port(ports.rtp.get());
  if (mux) return ports;
  auto rtcp = open_udp(local.with_port(static_cast<uint16_t>(ports.port + 1)), kSocket);
  if (!rtcp.ok()) return rtcp.status();
  ports.rtcp = std::move(*rtcp);
  return ports;
}

Result<LocalPorts> open_ports(const SocketAddress& local, const PortRange& range, bool mux) {
  const size_t first = (range.first + 1u) & ~1u;
  const size_t pairs = range.last > first ? (range.last - first + 1) / 2 : 0;
  const size_t begin = pairs > 0 ? random_below(pairs) : 0;
  for (size_t i = 0; i < pairs; ++i) {
    const auto port = static_cast<uint16_t>(first + 2 * ((begin + i) % pairs));
    auto ports = open_ports_at(local.with_port(port), mux);
    if (ports.ok()) return ports;
  }
  return error(StatusCode::kUnavailable, "PORT_UNAVAILABLE",
               fmt::format("no port from {} to {} is free at {}", range.first, range.last, local.ip()));
}

}  // namespace kms::rtc
