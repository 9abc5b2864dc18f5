// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/net/frame_buffer.hpp"

#include <algorithm>

namespace kms::rtc {

MutableBytes FrameBuffer::next() {
  while (!broken_ && end_ - begin_ >= 2) {
    const size_t size = load_u16(&bytes_[begin_]);
    broken_ = size > kMaxDatagram;
    if (broken_ || end_ - begin_ < 2 + size) return {};
    const auto packet = MutableBytes(bytes_).subspan(begin_ + 2, size);
    begin_ += 2 + size;
    if (size > 0) return packet;
  }
  return {};
}

void FrameBuffer::compact() {
  std::copy(bytes_.begin() + static_cast<ptrdiff_t>(begin_), bytes_.begin() + static_cast<ptrdiff_t>(end_),
            bytes_.begin());
  end_ -= begin_;
  begin_ = 0;
}

}  // namespace kms::rtc
