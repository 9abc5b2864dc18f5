// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/rtp/rtp_view.hpp"
#include "kms-core/rtc/wire/bytes.hpp"

namespace kms::rtc {

// Changes the header of one RTP packet in place; sizes stay as they are, nothing allocates. Made from bytes
// that RtpView::parse accepted (the caller's promise); a copy of such a header of any length from 12 bytes
// up will do for the fixed fields.
class RtpEditor {
 public:
  explicit RtpEditor(MutableBytes packet) : packet_(packet) {}

  void set_marker(bool marker) {
    packet_[1] = static_cast<uint8_t>((packet_[1] & 0x7f) | (marker ? 0x80 : 0));
  }
  void set_payload_type(uint8_t type) {
    packet_[1] = static_cast<uint8_t>((packet_[1] & 0x80) | (type & 0x7f));
  }
  void set_sequence(uint16_t sequence) { store_u16(&packet_[2], sequence); }
  void set_timestamp(uint32_t timestamp) { store_u32(&packet_[4], timestamp); }
  void set_ssrc(uint32_t ssrc) { store_u32(&packet_[8], ssrc); }

 private:
  MutableBytes packet_;
};

}  // namespace kms::rtc
