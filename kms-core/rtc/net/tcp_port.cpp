// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/net/tcp_port.hpp"

#include <netinet/tcp.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>

namespace kms::rtc {
namespace {

size_t descriptors() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 1024;
}

}  // namespace

TcpPort::TcpPort(EventLoop& loop, Handlers handlers)
    : loop_(loop),
      handlers_(std::move(handlers)),
      limit_(std::min(kMaxConnections, descriptors() / kDescriptorShare)) {}

TcpPort::~TcpPort() {
  for (const auto& listener : listeners_) loop_.unwatch(listener.get());
  for (const auto& [number, connection] : connections_) loop_.unwatch(connection->fd());
}

Status TcpPort::listen(UniqueFd listener) {
  const int fd = listener.get();
  listeners_.push_back(std::move(listener));
  return loop_.watch(fd, EPOLLIN, [this, fd](uint32_t) { accept(fd); });
}

void TcpPort::accept(int listener) {
  SocketAddress remote;
  socklen_t size = SocketAddress::kCapacity;
  UniqueFd fd(accept4(listener, remote.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!fd.valid() && (errno == EMFILE || errno == ENFILE)) return pause();
  if (fd.valid() && connections_.size() < limit_) add(std::move(fd), remote);
}

// Without a descriptor the one who waits cannot even be turned away, and would be reported without end.
void TcpPort::pause() {
  paused_ = true;
  for (const auto& listener : listeners_) loop_.change(listener.get(), 0);
}

void TcpPort::add(UniqueFd fd, const SocketAddress& remote) {
  const int no_delay = 1;
  setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &no_delay, sizeof no_delay);
  const auto number = next_number_++;
  const int raw = fd.get();
  const auto watched =
      loop_.watch(raw, EPOLLIN, [this, number](uint32_t events) { on_event(number, events); });
  if (!watched.ok()) return;
  connections_[number] = std::make_unique<TcpConnection>(std::move(fd), Path{remote, number}, Clock::now());
}

TcpConnection* TcpPort::find(uint32_t number) {
  const auto found = connections_.find(number);
  return found == connections_.end() ? nullptr : found->second.get();
}

void TcpPort::on_event(uint32_t number, uint32_t events) {
  auto* connection = find(number);
  if (!connection) return;
  // What came before a hang-up counts, a goodbye for one; reading tells when there is no more.
  bool alive = (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) == 0 || read(*connection);
  if (alive && (events & EPOLLOUT)) alive = connection->write_backlog();
  if (!find(number)) return;  // closed by a handler
  if (alive) {
    update_interest(*connection);
  } else {
    end(number);
  }
}

bool TcpPort::read(TcpConnection& connection) {
  const auto number = connection.path().connection;
  const bool alive = connection.read();
  const auto now = Clock::now();
  for (auto packet = connection.frames().next(); !packet.empty(); packet = connection.frames().next()) {
    handlers_.on_packet({connection.path(), packet, now});
    if (!find(number)) return false;
  }
  connection.frames().compact();
  return alive && !connection.frames().broken();
}

void TcpPort::update_interest(const TcpConnection& connection) {
  loop_.change(connection.fd(), connection.wants_write() ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

bool TcpPort::send(uint32_t number, Bytes packet) {
  auto* connection = find(number);
  if (!connection || !connection->send(packet)) return false;
  if (connection->wants_write()) update_interest(*connection);
  return true;
}

void TcpPort::adopt(uint32_t number) {
  if (auto* connection = find(number)) connection->adopt();
}

void TcpPort::end(uint32_t number) {
  const auto found = connections_.find(number);
  const auto connection = std::move(found->second);
  connections_.erase(found);
  loop_.unwatch(connection->fd());
  handlers_.on_closed(connection->path());
}

void TcpPort::close(uint32_t number) {
  if (find(number)) end(number);
}

void TcpPort::tick(TimePoint now) {
  close_unadopted(now);
  if (!std::exchange(paused_, false)) return;
  for (const auto& listener : listeners_) loop_.change(listener.get(), EPOLLIN);
}

void TcpPort::close_unadopted(TimePoint now) {
  std::vector<uint32_t> late;
  for (const auto& [number, connection] : connections_) {
    if (!connection->adopted() && now - connection->opened() > kAdoptionTime) late.push_back(number);
  }
  for (const auto number : late) end(number);
}

}  // namespace kms::rtc
