// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "kms-core/rtc/net/datagram.hpp"

namespace kms::rtc {

// Cuts a TCP byte stream into the packets of RFC 4571 section 2: two bytes of length, then the packet. Holds
// at most one frame's worth of a half-arrived packet.
class FrameBuffer {
 public:
  FrameBuffer() : bytes_(2 + kMaxDatagram) {}

  // Where the next bytes of the stream go; never empty before a frame that is too long.
  MutableBytes space() { return MutableBytes(bytes_).subspan(end_); }
  void filled(size_t size) { end_ += size; }

  // The next whole packet, or an empty span when more bytes are needed. It lives until compact(). A frame of
  // length zero is skipped.
  MutableBytes next();
  // Moves what is left to the front, after next() gave nothing.
  void compact();
  // A frame longer than kMaxDatagram: the stream cannot be followed any further.
  bool broken() const { return broken_; }

 private:
  std::vector<uint8_t> bytes_;
  size_t begin_ = 0;
  size_t end_ = 0;
  bool broken_ = false;
};

}  // namespace kms::rtc
