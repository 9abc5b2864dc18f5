// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>

#include <array>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "kms-core/rtc/net/path.hpp"
#include "kms-core/rtc/wire/bytes.hpp"
#include "kms-core/rtc/wire/clock.hpp"

namespace kms::rtc {

// Who takes what goes over TCP.
class TcpSink {
 public:
  virtual ~TcpSink() = default;
  // False if the packet was dropped.
  virtual bool send(uint32_t connection, Bytes packet) = 0;
};

// Packets on their way out, written once into an arena that stays in the cache. Successive packets to one
// path become one message that the kernel cuts (UDP_SEGMENT), as far as its rule allows: all of one size but
// the last, which may be shorter. flush() hands all messages over in few system calls. One thread.
class SendBatch {
 public:
  static constexpr size_t kPackets = 128;
  static constexpr size_t kMaxPacket = 1600;
  static constexpr size_t kSlack = 64;
  static constexpr size_t kStride = kMaxPacket + kSlack;
  // How long packets go singly after a segmented message was refused: the route of one peer may be at fault.
  static constexpr Duration kSingly = std::chrono::minutes(1);

  struct Sockets {
    int v4 = -1;
    int v6 = -1;
    TcpSink* tcp = nullptr;
    const OwnAddresses* own_addresses = nullptr;  // whose numbers paths have; needed if they have any
  };
  struct Counters {
    uint64_t packets = 0;   // that went out
    uint64_t bytes = 0;     // theirs
    uint64_t messages = 0;  // what the kernel was given: packets / messages is the gain of segmentation
    uint64_t dropped = 0;   // refused by the kernel, or by a connection that is too slow
  };

  SendBatch(const Sockets& sockets, bool segment, Duration singly = kSingly);

  // Packets whose path names this socket go out by `fd`. Both are valid until remove_socket(), which comes
  // after a flush().
  void add_socket(uint32_t socket, int fd) { own_[socket] = fd; }
  void remove_socket(uint32_t socket) { own_.erase(socket); }

  bool full() const { return count_ == kPackets; }
  bool empty() const { return count_ == 0; }
  // Where the packet of the next add() will lie: kMaxPacket bytes that may be written before its size is
  // known. Not when full().
  uint8_t* next() { return arena_ + count_ * kStride; }
  // Room for a packet of `size` bytes, at most kMaxPacket, with kSlack bytes of scratch behind it; to be
  // filled before flush(). Not when full().
  uint8_t* add(const Path& path, size_t size);
  void flush();

  const Counters& counters() const { return counters_; }

 private:
  struct Message {
    Path path;
    size_t first = 0;  // packet
    size_t packets = 0;
    size_t segment_size = 0;  // of all but the last
    bool open = true;         // no shorter packet has ended it
  };

  bool joins(const Message& message, const Path& path, size_t size) const;
  void send_family(bool v6, int fd);
  void send_own();
  void send_through(uint32_t socket, size_t prepared);
  void prepare(size_t slot, Message& message);
  void add_controls(msghdr& header, const Message& message) const;
  // Sends headers_[0, count).
  void send_prepared(int fd, size_t count);
  void skip_refused(int fd, size_t slot);
  // Whether any could be sent.
  bool send_one_by_one(int fd, const msghdr& refused);
  void send_tcp();
  void drop(const iovec& packet);

  Sockets sockets_;
  std::unordered_map<uint32_t, int> own_;
  bool segment_;
  Duration singly_;
  std::optional<TimePoint> segment_from_;  // again; nothing while it works
  size_t count_ = 0;
  size_t message_count_ = 0;
  Counters counters_;
  std::vector<uint8_t> memory_;
  uint8_t* arena_;
  std::array<iovec, kPackets> packets_{};
  std::array<Message, kPackets> messages_;
  std::array<mmsghdr, kPackets> headers_{};
  static constexpr size_t kControl = CMSG_SPACE(sizeof(uint16_t)) + OwnAddresses::kControl;
  struct alignas(cmsghdr) Control {
    std::array<char, kControl> bytes;
  };
  std::array<Control, kPackets> controls_{};
};

}  // namespace kms::rtc
