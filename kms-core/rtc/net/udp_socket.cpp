// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/net/udp_socket.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace kms::rtc {
namespace {

void set(int fd, int level, int name, int value) { setsockopt(fd, level, name, &value, sizeof value); }

// The forced variant needs CAP_NET_ADMIN and passes the system's limit; without it the limit applies.
void set_buffer(int fd, std::pair<int, int> forced_and_plain, int bytes) {
  if (setsockopt(fd, SOL_SOCKET, forced_and_plain.first, &bytes, sizeof bytes) != 0) {
    set(fd, SOL_SOCKET, forced_and_plain.second, bytes);
  }
}

Duration wall_ahead_of(TimePoint now) {
  return std::chrono::system_clock::now().time_since_epoch() - now.time_since_epoch();
}

Status cannot(std::string_view what, const SocketAddress& local) {
  return error(StatusCode::kUnavailable, "PORT_UNAVAILABLE",
               fmt::format("cannot {} {}: {}", what, local.to_string(), std::strerror(errno)));
}

Result<UniqueFd> open_bound(int type, const SocketAddress& local, bool shares_port) {
  UniqueFd fd(::socket(local.data()->sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return cannot("open a socket for", local);
  if (local.is_v6()) set(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
  if (type == SOCK_STREAM) set(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (shares_port) set(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1);
  if (::bind(fd.get(), local.data(), local.size()) != 0) return cannot("bind", local);
  return fd;
}

}  // namespace

ReceiveBuffers::ReceiveBuffers(OwnAddresses* own_addresses)
    : own_addresses_(own_addresses),
      bytes_(std::make_unique<std::array<std::array<uint8_t, kMaxDatagram>, kBatch>>()) {
  for (size_t i = 0; i < kBatch; ++i) {
    vectors_[i] = {(*bytes_)[i].data(), kMaxDatagram};
    messages_[i].msg_hdr.msg_iov = &vectors_[i];
    messages_[i].msg_hdr.msg_iovlen = 1;
    messages_[i].msg_hdr.msg_name = senders_[i].data();
  }
}

void ReceiveBuffers::rewind() {
  for (size_t i = 0; i < kBatch; ++i) {
    auto& header = messages_[i].msg_hdr;
    header.msg_namelen = SocketAddress::kCapacity;
    header.msg_control = controls_[i].bytes.data();
    header.msg_controllen = controls_[i].bytes.size();
  }
}

ReceiveBuffers::Told ReceiveBuffers::told(size_t at) {
  Told all;
  auto& header = messages_[at].msg_hdr;
  for (auto* control = CMSG_FIRSTHDR(&header); control; control = CMSG_NXTHDR(&header, control)) {
    if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_TIMESTAMPNS) {
      all.stamp = control;
    } else if (own_addresses_) {
      all.own_address = own_addresses_->number_of(*control);
    }
  }
  return all;
}

TimePoint ReceiveBuffers::arrival(const cmsghdr& stamp, TimePoint now, Duration to_wall) const {
  timespec value;
  std::memcpy(&value, CMSG_DATA(&stamp), sizeof value);
  const auto wall = std::chrono::seconds(value.tv_sec) + std::chrono::nanoseconds(value.tv_nsec);
  return std::clamp(TimePoint(wall - to_wall), std::min(last_look_, now), now);
}

std::span<const Datagram> ReceiveBuffers::receive(int fd) {
  rewind();
  const int count = recvmmsg(fd, messages_.data(), kBatch, MSG_DONTWAIT, nullptr);
  was_full_ = count == static_cast<int>(kBatch);
  const auto now = Clock::now();
  const bool stamped = count > 0 && told(0).stamp != nullptr;
  const auto to_wall = stamped ? wall_ahead_of(now) : Duration::zero();
  size_t kept = 0;
  for (int i = 0; i < count; ++i) {
    const auto at = static_cast<size_t>(i);
    if (messages_[at].msg_hdr.msg_flags & MSG_TRUNC) {
      ++oversized_;
      continue;
    }
    const auto beside = told(at);
    datagrams_[kept++] = {{.remote = senders_[at], .own_address = beside.own_address},
                          {(*bytes_)[at].data(), messages_[at].msg_len},
                          beside.stamp ? arrival(*beside.stamp, now, to_wall) : now};
  }
  last_look_ = now;
  return {datagrams_.data(), kept};
}

Result<UniqueFd> open_udp(const SocketAddress& local, const UdpOptions& options) {
  auto fd = open_bound(SOCK_DGRAM, local, options.shares_port);
  if (!fd.ok()) return fd;
  set_buffer(fd->get(), {SO_RCVBUFFORCE, SO_RCVBUF}, options.receive_buffer_bytes);
  if (options.tells_own_address) OwnAddresses::ask(fd->get(), local.is_v6());
  if (options.stamps) set(fd->get(), SOL_SOCKET, SO_TIMESTAMPNS, 1);
  set_buffer(fd->get(), {SO_SNDBUFFORCE, SO_SNDBUF}, options.send_buffer_bytes);
  return fd;
}

Result<UniqueFd> open_tcp_listener(const SocketAddress& local) {
  auto fd = open_bound(SOCK_STREAM, local, false);
  if (!fd.ok()) return fd;
  if (::listen(fd->get(), 256) != 0) return cannot("listen on", local);
  return fd;
}

uint16_t local_port(int fd) {
  SocketAddress local;
  socklen_t size = SocketAddress::kCapacity;
  return getsockname(fd, local.data(), &size) == 0 ? local.port() : uint16_t{0};
}

}  // namespace kms::rtc
