// SPDX-License-Identifier: Apache-2.0
#include "elements/player/rtsp_sockets.hpp"

#include <sys/socket.h>

#include <utility>

namespace kms::player {
namespace {

constexpr int kReceiveBuffer = 1 << 20;  // bytes; a key frame comes at once
constexpr int kMostAtOnce = 256;         // packets, then others have their turn

Object<GSocket> bound(GSocketFamily family, uint16_t port) {
  Object<GSocket> socket(g_socket_new(family, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, nullptr));
  if (!socket) return nullptr;
  g_socket_set_blocking(socket.get(), FALSE);
  g_socket_set_option(socket.get(), SOL_SOCKET, SO_RCVBUF, kReceiveBuffer, nullptr);
  const Object<GInetAddress> any(g_inet_address_new_any(family));
  const Object<GSocketAddress> address(g_inet_socket_address_new(any.get(), port));
  return g_socket_bind(socket.get(), address.get(), FALSE, nullptr) != FALSE ? std::move(socket) : nullptr;
}

uint16_t bound_port(GSocket* socket) {
  const Object<GSocketAddress> local(g_socket_get_local_address(socket, nullptr));
  return local ? g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(local.get())) : uint16_t{0};
}

}  // namespace

Result<std::unique_ptr<RtspSockets>> RtspSockets::open(const std::string& remote, OnPacket on_packet) {
  auto sockets = std::unique_ptr<RtspSockets>(new RtspSockets);  // its constructor is private
  sockets->on_packet_ = std::move(on_packet);
  sockets->remote_.reset(g_inet_address_new_from_string(remote.c_str()));
  constexpr int kTries = 50;
  for (int tries = 0; sockets->remote_ && tries < kTries; ++tries) {
    if (!sockets->bind(g_inet_address_get_family(sockets->remote_.get()))) continue;
    sockets->watch(0);
    sockets->watch(1);
    return sockets;
  }
  return error(StatusCode::kFailedPrecondition, "UNREADABLE", "no two UDP ports in a row are free");
}

RtspSockets::~RtspSockets() {
  for (auto*& source : incoming_) {
    if (source == nullptr) continue;
    g_source_destroy(source);
    g_source_unref(std::exchange(source, nullptr));
  }
}

bool RtspSockets::bind(GSocketFamily family) {
  auto rtp = bound(family, 0);
  port_ = rtp ? bound_port(rtp.get()) : uint16_t{0};
  if (port_ == 0 || port_ % 2 != 0) return false;
  auto rtcp = bound(family, static_cast<uint16_t>(port_ + 1));
  sockets_ = {std::move(rtp), std::move(rtcp)};
  return sockets_[1] != nullptr;
}

void RtspSockets::watch(size_t index) {
  const auto readable = [](GSocket* socket, GIOCondition, gpointer data) -> gboolean {
    auto& self = *static_cast<RtspSockets*>(data);
    self.receive(socket == self.sockets_[0].get() ? 0 : 1);
    return G_SOURCE_CONTINUE;
  };
  const GSocketSourceFunc on_readable = readable;
  incoming_[index] = g_socket_create_source(sockets_[index].get(), G_IO_IN, nullptr);
  g_source_set_callback(incoming_[index], G_SOURCE_FUNC(on_readable), this, nullptr);
  g_source_attach(incoming_[index], g_main_context_get_thread_default());
}

void RtspSockets::receive(size_t index) {
  std::array<char, 65536> bytes;
  for (int i = 0; i < kMostAtOnce; ++i) {
    GSocketAddress* sender = nullptr;
    const auto count =
        g_socket_receive_from(sockets_[index].get(), &sender, bytes.data(), bytes.size(), nullptr, nullptr);
    const Object<GSocketAddress> from(sender);
    if (count <= 0 || !from) return;
    auto* address = g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(from.get()));
    if (g_inet_address_equal(address, remote_.get()) == FALSE) continue;
    on_packet_(index == 1, bytes.data(), static_cast<size_t>(count));
  }
}

void RtspSockets::set_remote_ports(uint16_t rtp, uint16_t rtcp) {
  const std::array ports{rtp, rtcp};
  for (size_t i = 0; i < ports.size(); ++i) {
    if (ports[i] == 0) continue;
    targets_[i].reset(g_inet_socket_address_new(remote_.get(), ports[i]));
    constexpr std::array<char, 4> kNothing{};  // neither RTP nor RTCP: its version is 0
    g_socket_send_to(sockets_[i].get(), targets_[i].get(), kNothing.data(), kNothing.size(), nullptr,
                     nullptr);
  }
}

void RtspSockets::send_report(const std::string& packet) {
  if (!targets_[1]) return;
  g_socket_send_to(sockets_[1].get(), targets_[1].get(), packet.data(), packet.size(), nullptr, nullptr);
}

}  // namespace kms::player
