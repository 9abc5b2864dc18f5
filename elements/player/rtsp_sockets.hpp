// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gio/gio.h>

#include <array>
#include <functional>
#include <memory>
#include <string>

#include "elements/player/checked_address.hpp"

namespace kms::player {

// The two UDP ports of a stream, for RTP (an even one) and RTCP. Hears one host and sends to that host only.
// Lives on one thread, which has a GMainContext of its own as default; what comes is handed on while that is
// iterated.
class RtspSockets {
 public:
  using OnPacket = std::function<void(bool report, const void* bytes, size_t size)>;
  // `remote`: an IP address. Errors: UNREADABLE (no ports left).
  static Result<std::unique_ptr<RtspSockets>> open(const std::string& remote, OnPacket on_packet);
  ~RtspSockets();

  uint16_t port() const { return port_; }  // of RTP; RTCP has the next one

  // Where the server sends from; opens the way through what only lets answers in.
  void set_remote_ports(uint16_t rtp, uint16_t rtcp);
  void send_report(const std::string& packet);

 private:
  RtspSockets() = default;
  bool bind(GSocketFamily family);
  void watch(size_t index);
  void receive(size_t index);

  Object<GInetAddress> remote_;
  std::array<Object<GSocket>, 2> sockets_;
  std::array<Object<GSocketAddress>, 2> targets_;
  std::array<GSource*, 2> incoming_{nullptr, nullptr};
  uint16_t port_ = 0;
  OnPacket on_packet_;
};

}  // namespace kms::player
