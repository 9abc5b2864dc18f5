// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>

#include "kms-core/rtc/rtp/extension_kind.hpp"
#include "kms-core/rtc/rtp/layer_marks.hpp"
#include "kms-core/rtc/wire/bytes.hpp"
#include "kms-core/rtc/wire/clock.hpp"

namespace kms::rtc {

class PacketPool;

// One header extension element that is passed on, under its meaning instead of the sender's id.
struct PacketExtension {
  ExtensionKind kind;
  uint8_t size;
  std::array<uint8_t, 16> value;
};

// A received RTP packet in the clear: decrypted into its place once, then forwarded, kept for
// retransmission and shared with other threads through PacketRef. Nobody changes it after it has been sent
// to anyone: a resend on the same SSRC must be byte-identical, or it gives the key stream away.
struct alignas(64) Packet {
  static constexpr size_t kMaxPayload = 1472;
  static constexpr size_t kMaxExtensions = 4;

  // The bookkeeping of PacketRef and PacketPool.
  std::atomic<uint32_t> references = 0;
  PacketPool* pool = nullptr;
  Packet* next = nullptr;

  uint64_t index = 0;  // sequence number with the roll-over counter above it
  TimePoint arrived{};
  TimePoint captured{};  // on the same clock: from the sender's reports once there are any, else from arrival
  uint32_t timestamp = 0;
  bool marker = false;
  bool starts_key_frame = false;
  bool late = false;     // came after a packet with a higher index
  bool resumes = false;  // what came before it was withheld from all receivers: nothing is missing there
  uint8_t padding = 0;   // at the end of the payload, counted in payload_size
  uint8_t extension_count = 0;
  uint16_t payload_size = 0;
  uint16_t media_size = 0;  // of media(), as it came; whoever may see a packet before it is padded reads this
  uint16_t primary_at = 0;  // of RED (RFC 2198): where what is no repetition begins; 0: it is none
  LayerMarks layers = {};
  std::array<PacketExtension, kMaxExtensions> extensions;
  alignas(64) std::array<uint8_t, kMaxPayload + kMaxPayload % 64> bytes;

  // As it goes to receivers, padding included.
  Bytes payload() const { return {bytes.data(), payload_size}; }
  // What it is about, in the source's codec.
  Bytes media() const { return {bytes.data() + primary_at, media_size}; }
  bool is_red() const { return primary_at != 0; }
};

}  // namespace kms::rtc
