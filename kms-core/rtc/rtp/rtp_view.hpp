// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "kms-core/rtc/rtp/extension_reader.hpp"
#include "kms-core/rtc/wire/bytes.hpp"

namespace kms::rtc {

// A read-only look at one RTP packet (RFC 3550 section 5.1). Owns nothing and never allocates; the bytes
// must outlive it. What parse() gave back may be read without further checks.
class RtpView {
 public:
  static constexpr size_t kFixedHeaderSize = 12;

  // A packet in the clear: header, CSRCs, extension block and padding are inside the packet.
  static std::optional<RtpView> parse(Bytes packet);
  // A packet still under SRTP: the header is checked; payload() is ciphertext with tag, padding unknown.
  static std::optional<RtpView> parse_protected(Bytes packet);

  bool marker() const { return (packet_[1] & 0x80) != 0; }
  uint8_t payload_type() const { return packet_[1] & 0x7f; }
  uint16_t sequence() const { return load_u16(&packet_[2]); }
  uint32_t timestamp() const { return load_u32(&packet_[4]); }
  uint32_t ssrc() const { return load_u32(&packet_[8]); }
  size_t csrc_count() const { return packet_[0] & 0x0f; }
  uint32_t csrc(size_t index) const { return load_u32(&packet_[kFixedHeaderSize + 4 * index]); }

  bool has_extension_block() const { return (packet_[0] & 0x10) != 0; }
  // The block's "defined by profile" word; 0 without a block.
  uint16_t extension_profile() const;
  // The block's elements, without its 4-byte head; empty without a block.
  Bytes extension_block() const;
  ExtensionReader extensions() const { return {extension_profile(), extension_block()}; }
  // The value of one element; nothing if the packet does not carry it.
  std::optional<Bytes> extension(uint8_t id) const { return extensions().find(id); }

  // Fixed header, CSRCs and extension block.
  size_t header_size() const { return header_size_; }
  size_t padding_size() const { return padding_size_; }
  // Without padding.
  Bytes payload() const {
    return packet_.subspan(header_size_, packet_.size() - header_size_ - padding_size_);
  }
  Bytes packet() const { return packet_; }

 private:
  RtpView(Bytes packet, size_t header_size) : packet_(packet), header_size_(header_size) {}

  Bytes packet_;
  size_t header_size_;
  size_t padding_size_ = 0;
};

}  // namespace kms::rtc
