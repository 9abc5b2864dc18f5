// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtp/rtp_editor.hpp"

#include <algorithm>
#include <cstring>

namespace kms::rtc {

bool RtpEditor::set_extension(uint8_t id, Bytes value) {
  const auto view = RtpView::parse_protected(packet_);
  if (!view) return false;
  const auto found = view->extension(id);
  if (!found || found->size() != value.size()) return false;
  const auto offset = static_cast<size_t>(found->data() - packet_.data());
  std::ranges::copy(value, packet_.begin() + static_cast<std::ptrdiff_t>(offset));
  return true;
}

size_t append_padding(MutableBytes buffer, size_t size, uint8_t count) {
  const bool padded = size == 0 || (buffer[0] & 0x20) != 0;
  if (count == 0 || padded || buffer.size() < size + count) return size;
  buffer[0] |= 0x20;
  std::memset(&buffer[size], 0, count);
  buffer[size + count - 1] = count;
  return size + count;
}

}  // namespace kms::rtc
