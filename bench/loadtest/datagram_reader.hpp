// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>
#include <time.h>

#include <array>
#include <memory>
#include <span>

#include "kms-core/rtc/net/socket_address.hpp"
#include "kms-core/rtc/wire/clock.hpp"

namespace kms::rtc::loadtest {

struct ArrivedDatagram {
  SocketAddress from;
  MutableBytes bytes;   // may be changed
  TimePoint arrived{};  // when the kernel took it in, however late it is read
};

// Reads from many sockets that stamp what comes (SO_TIMESTAMPNS), each now and then. One thread.
class DatagramReader {
 public:
  static constexpr size_t kBatch = 64;
  static constexpr size_t kMaxDatagram = 2048;  // longer ones are dropped

  DatagramReader();
  // An empty span when there is nothing; lives until the next call.
  std::span<const ArrivedDatagram> read(int fd);

 private:
  void rewind();
  ArrivedDatagram datagram_at(size_t at, TimePoint now, Duration to_wall);

  struct alignas(cmsghdr) Control {
    std::array<char, CMSG_SPACE(sizeof(timespec))> bytes;
  };
  std::unique_ptr<std::array<std::array<uint8_t, kMaxDatagram>, kBatch>> bytes_;
  std::array<SocketAddress, kBatch> senders_;
  std::array<iovec, kBatch> vectors_{};
  std::array<mmsghdr, kBatch> messages_{};
  std::array<Control, kBatch> controls_{};
  std::array<ArrivedDatagram, kBatch> datagrams_;
};

}  // namespace kms::rtc::loadtest
