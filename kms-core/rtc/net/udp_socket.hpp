// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>
#include <time.h>

#include <array>
#include <memory>
#include <span>

#include "kms-core/rtc/net/datagram.hpp"
#include "kms-core/rtc/net/unique_fd.hpp"

namespace kms::rtc {

// Where recvmmsg puts a batch; one per thread, shared by its sockets. A datagram has arrived when it was
// read, or, if its socket stamps them, when the kernel took it in.
class ReceiveBuffers {
 public:
  static constexpr size_t kBatch = 64;

  // `own_addresses`, where sockets tell, learns what addresses datagrams came to.
  explicit ReceiveBuffers(OwnAddresses* own_addresses = nullptr);
  // Reads up to kBatch datagrams; an empty span when there are none. The span lives until the next call.
  std::span<const Datagram> receive(int fd);
  // Whether the last call filled the batch, so that there may be more.
  bool was_full() const { return was_full_; }
  uint64_t oversized() const { return oversized_; }

 private:
  void rewind();
  // What the kernel tells beside a datagram.
  struct Told {
    const cmsghdr* stamp = nullptr;
    OwnAddresses::Number own_address = OwnAddresses::kAny;
  };
  Told told(size_t at);
  // The kernel stamps by the wall clock, which may be set: no datagram is older than the last look for one.
  TimePoint arrival(const cmsghdr& stamp, TimePoint now, Duration to_wall) const;

  OwnAddresses* own_addresses_;
  std::unique_ptr<std::array<std::array<uint8_t, kMaxDatagram>, kBatch>> bytes_;
  std::array<SocketAddress, kBatch> senders_;
  std::array<iovec, kBatch> vectors_{};
  std::array<mmsghdr, kBatch> messages_{};
  static constexpr size_t kControl = CMSG_SPACE(sizeof(timespec)) + OwnAddresses::kControl;
  struct alignas(cmsghdr) Control {
    std::array<char, kControl> bytes;
  };
  std::array<Control, kBatch> controls_{};
  std::array<Datagram, kBatch> datagrams_;
  TimePoint last_look_{};
  bool was_full_ = false;
  uint64_t oversized_ = 0;
};

struct UdpOptions {
  int receive_buffer_bytes = 4 << 20;
  int send_buffer_bytes = 4 << 20;
  bool shares_port = false;        // with sockets that say so too
  bool stamps = false;             // tells when each datagram arrived
  bool tells_own_address = false;  // tells what address of ours each came to; costs what it costs for each
};

// A bound, non-blocking UDP socket; an IPv6 one takes no IPv4.
Result<UniqueFd> open_udp(const SocketAddress& local, const UdpOptions& options);

// A bound, listening, non-blocking TCP socket.
Result<UniqueFd> open_tcp_listener(const SocketAddress& local);

uint16_t local_port(int fd);

}  // namespace kms::rtc
