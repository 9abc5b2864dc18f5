// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/net/tcp_connection.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace kms::rtc {
namespace {

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

}  // namespace

bool TcpConnection::read() {
  const auto space = frames_.space();
  if (space.empty()) return false;
  const auto size = ::recv(fd(), space.data(), space.size(), MSG_DONTWAIT);
  if (size < 0) return would_block();
  frames_.filled(static_cast<size_t>(size));
  return size > 0;
}

bool TcpConnection::send(Bytes packet) {
  if (backlog_.size() - sent_ + packet.size() + 2 > kMaxBacklog) return false;
  std::array<uint8_t, 2> head;
  store_u16(head.data(), static_cast<uint16_t>(packet.size()));
  if (sent_ > kMaxBacklog) cut_sent();
  backlog_.insert(backlog_.end(), head.begin(), head.end());
  backlog_.insert(backlog_.end(), packet.begin(), packet.end());
  write_backlog();
  return true;
}

// A slow receiver never takes everything: without this the sent part would grow with the time.
void TcpConnection::cut_sent() {
  backlog_.erase(backlog_.begin(), backlog_.begin() + static_cast<ptrdiff_t>(sent_));
  sent_ = 0;
}

bool TcpConnection::write_backlog() {
  while (wants_write()) {
    const auto size = ::send(fd(), &backlog_[sent_], backlog_.size() - sent_, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size < 0) return would_block();
    sent_ += static_cast<size_t>(size);
  }
  backlog_.clear();
  sent_ = 0;
  return true;
}

}  // namespace kms::rtc
