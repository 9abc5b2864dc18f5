// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "kms-core/rtc/net/frame_buffer.hpp"
#include "kms-core/rtc/net/unique_fd.hpp"
#include "kms-core/rtc/wire/clock.hpp"

namespace kms::rtc {

// One accepted connection that carries framed packets (RFC 4571). What the peer does not take piles up to
// kMaxBacklog bytes, then whole packets are dropped. Lives on its RTC thread.
class TcpConnection {
 public:
  static constexpr size_t kMaxBacklog = 512 << 10;

  TcpConnection(UniqueFd fd, const Path& path, TimePoint opened)
      : fd_(std::move(fd)), path_(path), opened_(opened) {}

  int fd() const { return fd_.get(); }
  const Path& path() const { return path_; }
  TimePoint opened() const { return opened_; }
  // A peer of ours speaks here; others are closed after a while.
  bool adopted() const { return adopted_; }
  void adopt() { adopted_ = true; }

  // Reads what is there. False when the connection has ended or cannot be followed.
  bool read();
  FrameBuffer& frames() { return frames_; }
  // Frames and sends a packet. False if it was dropped.
  bool send(Bytes packet);
  // Sends on after the socket became writable. False when the connection has ended.
  bool write_backlog();
  bool wants_write() const { return sent_ < backlog_.size(); }
  // Memory taken by what is not sent yet.
  size_t backlog_capacity() const { return backlog_.capacity(); }

 private:
  void cut_sent();

  UniqueFd fd_;
  Path path_;
  TimePoint opened_;
  bool adopted_ = false;
  FrameBuffer frames_;
  std::vector<uint8_t> backlog_;
  size_t sent_ = 0;
};

}  // namespace kms::rtc
