// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "kms-core/rtc/wire/bytes.hpp"

namespace kms::rtc {

// Packet types (RFC 3550 section 12.1, RFC 4585 section 6.1, RFC 5104).
namespace rtcp {
inline constexpr uint8_t kSenderReport = 200;
inline constexpr uint8_t kReceiverReport = 201;
inline constexpr uint8_t kSourceDescription = 202;
inline constexpr uint8_t kBye = 203;
inline constexpr uint8_t kTransportFeedback = 205;
inline constexpr uint8_t kPayloadFeedback = 206;
// Formats of the two kinds of feedback, in the place of a count.
inline constexpr uint8_t kNack = 1;          // of 205
inline constexpr uint8_t kTransportCc = 15;  // of 205
inline constexpr uint8_t kPli = 1;           // of 206
inline constexpr uint8_t kFir = 4;           // of 206
inline constexpr uint8_t kRemb = 15;         // of 206, with the word "REMB"
}  // namespace rtcp

// One packet out of a compound: header fields and what follows the 4-byte header, without padding.
struct RtcpPacket {
  uint8_t type = 0;
  uint8_t count = 0;  // of reports or sources; the format of feedback
  Bytes body;
};

// RFC 3550 section 6.4.1. NTP time: seconds since 1900 and their fraction, 32 bits each.
struct SenderInfo {
  uint32_t ssrc = 0;
  uint64_t ntp = 0;
  uint32_t rtp_timestamp = 0;
  uint32_t packets = 0;
  uint32_t octets = 0;
};

// RFC 3550 section 6.4.1. lsr and delay_since_lsr in 1/65536 s.
struct ReportBlock {
  uint32_t ssrc = 0;
  uint8_t fraction_lost = 0;    // of 256
  int32_t cumulative_lost = 0;  // 24 bits, signed
  uint32_t highest_sequence = 0;
  uint32_t jitter = 0;  // in units of the RTP clock
  uint32_t last_sr = 0;
  uint32_t delay_since_last_sr = 0;
};

// PLI, and the two SSRCs that every feedback packet begins with (RFC 4585 section 6.1).
struct FeedbackHead {
  uint32_t sender_ssrc = 0;
  uint32_t media_ssrc = 0;
};

struct FirEntry {
  uint32_t ssrc = 0;
  uint8_t sequence = 0;  // a repeated number is a repeated request, not a new one
};

struct SourceName {
  uint32_t ssrc = 0;
  std::string_view cname;
};

// Receiver estimated maximum bitrate; of its SSRCs the first eight.
struct Remb {
  uint64_t bitrate_bps = 0;
  std::array<uint32_t, 8> ssrcs{};
  size_t ssrc_count = 0;
};

// The middle 32 bits of an NTP time, what last_sr carries.
constexpr uint32_t compact_ntp(uint64_t ntp) { return static_cast<uint32_t>(ntp >> 16); }

}  // namespace kms::rtc
