// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/net/peer_sockets.hpp"

namespace kms::rtc {
namespace {

// At most this many batches per socket and turn, so that a flood leaves time for the others.
constexpr int kPeerBatches = 4;

}  // namespace

Result<uint32_t> PeerSockets::add(UniqueFd fd, Handler handler) {
  if (!buffers_) buffers_ = std::make_unique<ReceiveBuffers>();
  const auto socket = ++last_;
  const int raw = fd.get();
  auto on_readable = [this, socket, raw, handler = std::move(handler)](uint32_t) {
    read(socket, raw, handler);
  };
  if (const auto status = loop_.watch(raw, EPOLLIN, std::move(on_readable)); !status.ok()) return status;
  out_.add_socket(socket, raw);
  sockets_.emplace(socket, std::move(fd));
  return socket;
}

void PeerSockets::remove(uint32_t socket) {
  const auto found = sockets_.find(socket);
  if (found == sockets_.end()) return;
  loop_.unwatch(found->second.get());
  out_.remove_socket(socket);
  sockets_.erase(found);
}

void PeerSockets::read(uint32_t socket, int fd, const Handler& handler) {
  for (int batch = 0; batch < kPeerBatches; ++batch) {
    for (auto datagram : buffers_->receive(fd)) {
      datagram.path.socket = socket;
      handler(datagram);
    }
    if (!buffers_->was_full()) return;
  }
}

}  // namespace kms::rtc
