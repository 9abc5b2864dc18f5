// SPDX-License-Identifier: Apache-2.0
#include "tests/support/tcp_relay.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <vector>

namespace kms::test {
namespace {

constexpr int kTick = 10;  // milliseconds

sockaddr_in loopback(uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return out;
}

// The C interface wants the general type.
const sockaddr* general(const sockaddr_in& address) { return reinterpret_cast<const sockaddr*>(&address); }

bool is_readable(int fd) {
  pollfd wanted{fd, POLLIN, 0};
  return poll(&wanted, 1, 0) > 0;
}

bool send_all(int fd, const char* bytes, size_t count) {
  while (count > 0) {
    const auto sent = send(fd, bytes, count, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes += sent;
    count -= static_cast<size_t>(sent);
  }
  return true;
}

}  // namespace

TcpRelay::TcpRelay(uint16_t target)
    : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), target_(target) {
  // Segments as on a cable: those of loopback have 64 KiB, as much as a slow reader's window, and the sender
  // then waits for more of it.
  const int segment = 1448;
  setsockopt(listener_, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof(segment));
  auto address = loopback(0);
  bind(listener_, general(address), sizeof(address));
  listen(listener_, 16);
  socklen_t size = sizeof(address);
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  [[maybe_unused]] const int made = pipe2(wake_, O_CLOEXEC);
  thread_ = std::thread([this] { run(); });
}

TcpRelay::~TcpRelay() {
  close(wake_[1]);
  thread_.join();
  for (const auto& pair : pairs_) reset(pair);
  close(wake_[0]);
  close(listener_);
}

void TcpRelay::run() {
  for (;;) {
    std::vector<pollfd> wanted{{wake_[0], POLLIN, 0}, {listener_, POLLIN, 0}};
    for (const auto& pair : pairs_) {
      if (pace_ == 0) wanted.push_back({pair.client, POLLIN, 0});
      wanted.push_back({pair.server, POLLIN, 0});
    }
    poll(wanted.data(), wanted.size(), kTick);
    if (wanted[0].revents != 0) return;
    if (wanted[1].revents != 0) accept_one();
    for (auto& pair : pairs_) carry(pair);
    pairs_.remove_if([](const Pair& pair) { return pair.over; });
  }
}

void TcpRelay::accept_one() {
  Pair pair{accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC),
            socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const auto address = loopback(target_);
  if (carried_ >= cut_at_ || connect(pair.server, general(address), sizeof(address)) != 0) return reset(pair);
  pairs_.push_back(pair);
}

void TcpRelay::carry(Pair& pair) {
  std::array<char, 65536> bytes;
  bool goes_on = carried_ < cut_at_;
  if (goes_on && is_readable(pair.client)) goes_on = carry_up(pair);
  if (goes_on && is_readable(pair.server)) {
    const auto count = recv(pair.server, bytes.data(), bytes.size(), 0);
    goes_on = count > 0 && send_all(pair.client, bytes.data(), static_cast<size_t>(count));
  }
  if (goes_on) return;
  reset(pair);
  pair.over = true;
}

bool TcpRelay::carry_up(const Pair& pair) {
  std::array<char, 65536> bytes;
  const auto most =
      std::min<uint64_t>({pace_ == 0 ? bytes.size() : pace_.load(), bytes.size(), cut_at_ - carried_});
  const auto count = recv(pair.client, bytes.data(), most, 0);
  if (count <= 0) return false;
  carried_ += static_cast<uint64_t>(count);
  return send_all(pair.server, bytes.data(), static_cast<size_t>(count));
}

// Without a goodbye, as a cable that is pulled out of a router.
void TcpRelay::reset(const Pair& pair) {
  const linger hard{1, 0};
  for (const int fd : {pair.client, pair.server}) {
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    close(fd);
  }
}

}  // namespace kms::test
