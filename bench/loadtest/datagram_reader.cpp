// SPDX-License-Identifier: Apache-2.0
#include "bench/loadtest/datagram_reader.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

#include "kms-core/base/utc.hpp"

namespace kms::rtc::loadtest {
namespace {

// The kernel stamps by the wall clock.
std::optional<std::chrono::nanoseconds> stamp_in(msghdr& header) {
  for (auto* control = CMSG_FIRSTHDR(&header); control; control = CMSG_NXTHDR(&header, control)) {
    if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec value;
    std::memcpy(&value, CMSG_DATA(control), sizeof value);
    return std::chrono::seconds(value.tv_sec) + std::chrono::nanoseconds(value.tv_nsec);
  }
  return std::nullopt;
}

}  // namespace

DatagramReader::DatagramReader()
    : bytes_(std::make_unique<std::array<std::array<uint8_t, kMaxDatagram>, kBatch>>()) {
  for (size_t i = 0; i < kBatch; ++i) {
    vectors_[i] = {(*bytes_)[i].data(), kMaxDatagram};
    messages_[i].msg_hdr.msg_iov = &vectors_[i];
    messages_[i].msg_hdr.msg_iovlen = 1;
    messages_[i].msg_hdr.msg_name = senders_[i].data();
  }
}

void DatagramReader::rewind() {
  for (size_t i = 0; i < kBatch; ++i) {
    auto& header = messages_[i].msg_hdr;
    header.msg_namelen = SocketAddress::kCapacity;
    header.msg_control = controls_[i].bytes.data();
    header.msg_controllen = controls_[i].bytes.size();
  }
}

ArrivedDatagram DatagramReader::datagram_at(size_t at, TimePoint now, Duration to_wall) {
  const auto stamp = stamp_in(messages_[at].msg_hdr);
  const auto arrived = stamp ? std::min(TimePoint(*stamp - to_wall), now) : now;
  return {senders_[at], {(*bytes_)[at].data(), messages_[at].msg_len}, arrived};
}

std::span<const ArrivedDatagram> DatagramReader::read(int fd) {
  rewind();
  const int count = recvmmsg(fd, messages_.data(), kBatch, MSG_DONTWAIT, nullptr);
  if (count <= 0) return {};
  const auto now = Clock::now();
  const auto to_wall = utc_ahead();
  size_t kept = 0;
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    if ((messages_[i].msg_hdr.msg_flags & MSG_TRUNC) == 0) datagrams_[kept++] = datagram_at(i, now, to_wall);
  }
  return {datagrams_.data(), kept};
}

}  // namespace kms::rtc::loadtest
