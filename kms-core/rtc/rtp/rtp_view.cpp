// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtp/rtp_view.hpp"

namespace kms::rtc {
namespace {

constexpr size_t kExtensionHeadSize = 4;

}  // namespace

std::optional<RtpView> RtpView::parse_protected(Bytes packet) {
  if (packet.size() < kFixedHeaderSize || packet[0] >> 6 != 2) return std::nullopt;
  size_t header_size = kFixedHeaderSize + 4 * size_t{packet[0] & 0x0fu};
  if ((packet[0] & 0x10) != 0) {
    if (packet.size() < header_size + kExtensionHeadSize) return std::nullopt;
    header_size += kExtensionHeadSize + 4 * size_t{load_u16(&packet[header_size + 2])};
  }
  if (packet.size() < header_size) return std::nullopt;
  return RtpView(packet, header_size);
}

std::optional<RtpView> RtpView::parse(Bytes packet) {
  auto view = parse_protected(packet);
  if (!view || (packet[0] & 0x20) == 0) return view;
  const size_t room = packet.size() - view->header_size_;
  if (room == 0 || packet.back() == 0 || packet.back() > room) return std::nullopt;
  view->padding_size_ = packet.back();
  return view;
}

uint16_t RtpView::extension_profile() const {
  if (!has_extension_block()) return 0;
  return load_u16(&packet_[kFixedHeaderSize + 4 * csrc_count()]);
}

Bytes RtpView::extension_block() const {
  if (!has_extension_block()) return {};
  const size_t begin = kFixedHeaderSize + 4 * csrc_count() + kExtensionHeadSize;
  return packet_.subspan(begin, header_size_ - begin);
}

}  // namespace kms::rtc
