// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/net/send_batch.hpp"

#include <netinet/udp.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace kms::rtc {
namespace {

constexpr size_t kAlignment = 64;
static_assert(SendBatch::kStride % kAlignment == 0);

// The kernel's limits for one segmented message (udp(7), UDP_SEGMENT).
constexpr size_t kMaxSegments = 64;
constexpr size_t kMaxMessage = 65'000;

}  // namespace

SendBatch::SendBatch(const Sockets& sockets, bool segment, Duration singly)
    : sockets_(sockets), segment_(segment), singly_(singly), memory_(kPackets * kStride + kAlignment) {
  const auto address = reinterpret_cast<uintptr_t>(memory_.data());
  arena_ = memory_.data() + (kAlignment - address % kAlignment) % kAlignment;
}

bool SendBatch::joins(const Message& message, const Path& path, size_t size) const {
  if (!segment_ || segment_from_ || !message.open || message.packets == kMaxSegments) return false;
  if (size > message.segment_size || (message.packets + 1) * message.segment_size > kMaxMessage) return false;
  return message.path == path && message.path.own_address == path.own_address;
}

uint8_t* SendBatch::add(const Path& path, size_t size) {
  auto* at = next();
  packets_[count_] = {at, size};
  if (message_count_ == 0 || !joins(messages_[message_count_ - 1], path, size)) {
    messages_[message_count_++] = {path, count_, 0, size, true};
  }
  auto& message = messages_[message_count_ - 1];
  ++message.packets;
  message.open = size == message.segment_size;
  ++count_;
  return at;
}

void SendBatch::flush() {
  if (count_ == 0) return;
  for (size_t i = 0; i < count_; ++i) counters_.bytes += packets_[i].iov_len;
  counters_.packets += count_;
  send_family(false, sockets_.v4);
  send_family(true, sockets_.v6);
  if (!own_.empty()) send_own();
  if (sockets_.tcp) send_tcp();
  counters_.messages += message_count_;
  count_ = 0;
  message_count_ = 0;
  if (segment_from_ && Clock::now() >= *segment_from_) segment_from_.reset();
}

void SendBatch::send_family(bool v6, int fd) {
  size_t prepared = 0;
  for (size_t i = 0; i < message_count_; ++i) {
    auto& message = messages_[i];
    if (message.path.is_tcp() || message.path.remote.is_v6() != v6) continue;
    if (message.path.socket != Path::kSharedPort) continue;
    prepare(prepared++, message);
  }
  if (prepared > 0) send_prepared(fd, prepared);
}

// Runs of messages through one socket go to the kernel in one call.
void SendBatch::send_own() {
  size_t prepared = 0;
  uint32_t socket = Path::kSharedPort;
  for (size_t i = 0; i < message_count_; ++i) {
    auto& message = messages_[i];
    if (message.path.socket == Path::kSharedPort) continue;
    if (message.path.socket != socket) {
      send_through(socket, std::exchange(prepared, 0));
      socket = message.path.socket;
    }
    prepare(prepared++, message);
  }
  send_through(socket, prepared);
}

void SendBatch::send_through(uint32_t socket, size_t prepared) {
  const auto found = own_.find(socket);
  if (prepared > 0 && found != own_.end()) send_prepared(found->second, prepared);
}

void SendBatch::prepare(size_t slot, Message& message) {
  auto& header = headers_[slot].msg_hdr;
  header.msg_name = message.path.remote.data();
  header.msg_namelen = message.path.remote.size();
  header.msg_iov = &packets_[message.first];
  header.msg_iovlen = message.packets;
  header.msg_control = nullptr;
  header.msg_controllen = 0;
  if (message.packets == 1 && message.path.own_address == OwnAddresses::kAny) return;
  header.msg_control = controls_[slot].bytes.data();
  add_controls(header, message);
}

void SendBatch::add_controls(msghdr& header, const Message& message) const {
  auto* at = static_cast<char*>(header.msg_control);
  if (message.path.own_address != OwnAddresses::kAny) {
    header.msg_controllen =
        sockets_.own_addresses->write(message.path.own_address, *reinterpret_cast<cmsghdr*>(at));
  }
  if (message.packets == 1) return;
  auto* control = reinterpret_cast<cmsghdr*>(at + header.msg_controllen);
  control->cmsg_level = IPPROTO_UDP;
  control->cmsg_type = UDP_SEGMENT;
  control->cmsg_len = CMSG_LEN(sizeof(uint16_t));
  const auto segment = static_cast<uint16_t>(message.segment_size);
  std::memcpy(CMSG_DATA(control), &segment, sizeof segment);
  header.msg_controllen += CMSG_SPACE(sizeof segment);
}

void SendBatch::send_prepared(int fd, size_t count) {
  size_t done = 0;
  while (done < count) {
    const int sent = sendmmsg(fd, &headers_[done], static_cast<unsigned>(count - done), MSG_DONTWAIT);
    if (sent > 0) {
      done += static_cast<size_t>(sent);
    } else if (errno != EINTR) {
      skip_refused(fd, done++);
    }
  }
}

// One dead address must not stop the others. A kernel or device that cannot segment gets single packets for
// a while.
void SendBatch::skip_refused(int fd, size_t slot) {
  const auto& refused = headers_[slot].msg_hdr;
  if (refused.msg_iovlen > 1 &&
      (errno == EIO || errno == EINVAL || errno == EOPNOTSUPP || errno == EMSGSIZE)) {
    const bool too_long = errno == EMSGSIZE;
    if (send_one_by_one(fd, refused) && !too_long) segment_from_ = Clock::now() + singly_;
    return;
  }
  for (size_t i = 0; i < refused.msg_iovlen; ++i) drop(refused.msg_iov[i]);
}

void SendBatch::drop(const iovec& packet) {
  ++counters_.dropped;
  --counters_.packets;
  counters_.bytes -= packet.iov_len;
}

bool SendBatch::send_one_by_one(int fd, const msghdr& refused) {
  size_t sent = 0;
  for (size_t i = 0; i < refused.msg_iovlen; ++i) {
    msghdr single{};
    single.msg_name = refused.msg_name;
    single.msg_namelen = refused.msg_namelen;
    single.msg_iov = &refused.msg_iov[i];
    single.msg_iovlen = 1;
    single.msg_control = refused.msg_control;
    single.msg_controllen =
        refused.msg_controllen - CMSG_SPACE(sizeof(uint16_t));  // the segment size is last
    if (sendmsg(fd, &single, MSG_DONTWAIT) >= 0) {
      ++sent;
    } else {
      drop(*single.msg_iov);
    }
  }
  return sent > 0;
}

void SendBatch::send_tcp() {
  for (size_t i = 0; i < message_count_; ++i) {
    const auto& message = messages_[i];
    if (!message.path.is_tcp()) continue;
    for (size_t packet = message.first; packet < message.first + message.packets; ++packet) {
      const auto& bytes = packets_[packet];
      const Bytes sent(static_cast<const uint8_t*>(bytes.iov_base), bytes.iov_len);
      if (!sockets_.tcp->send(message.path.connection, sent)) drop(bytes);
    }
  }
}

}  // namespace kms::rtc
