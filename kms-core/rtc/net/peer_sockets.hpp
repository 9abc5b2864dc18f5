// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <unordered_map>

#include "kms-core/rtc/net/event_loop.hpp"
#include "kms-core/rtc/net/send_batch.hpp"
#include "kms-core/rtc/net/udp_socket.hpp"

namespace kms::rtc {

// UDP sockets that belong to one peer each, beside the port that the others share. Lives on the RTC thread.
class PeerSockets {
 public:
  // The datagram's path names the socket: an answer takes the same way.
  using Handler = std::function<void(const Datagram& datagram)>;

  PeerSockets(EventLoop& loop, SendBatch& out) : loop_(loop), out_(out) {}

  // From now on its datagrams go to `handler`. Gives its number, never used twice.
  Result<uint32_t> add(UniqueFd fd, Handler handler);
  // Closes it; what is queued has been flushed. Not from a handler.
  void remove(uint32_t socket);
  uint64_t oversized() const { return buffers_ ? buffers_->oversized() : 0; }

 private:
  void read(uint32_t socket, int fd, const Handler& handler);

  EventLoop& loop_;
  SendBatch& out_;
  std::unique_ptr<ReceiveBuffers> buffers_;  // made with the first socket
  std::unordered_map<uint32_t, UniqueFd> sockets_;
  uint32_t last_ = Path::kSharedPort;
};

}  // namespace kms::rtc
