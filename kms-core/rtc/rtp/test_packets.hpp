// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <vector>

namespace kms::rtc::test {

using Packet = std::vector<uint8_t>;

// An RTP packet for tests: payload type 96, sequence 0x1234, time stamp 0x01020304, SSRC 0x0a0b0c0d.
struct RtpParts {
  std::vector<uint8_t> csrcs = {};  // 4 bytes each
  uint16_t profile = 0xbede;
  std::vector<uint8_t> extension = {};  // whole 32-bit words; empty: no block
  std::vector<uint8_t> payload = {};
  uint8_t padding = 0;
  bool marker = false;
};

inline void append(Packet& to, const std::vector<uint8_t>& bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

inline Packet make_rtp(const RtpParts& parts) {
  const auto flags = (parts.padding ? 0x20u : 0u) | (parts.extension.empty() ? 0u : 0x10u);
  Packet out{static_cast<uint8_t>(0x80 | flags | parts.csrcs.size() / 4),
             static_cast<uint8_t>((parts.marker ? 0x80 : 0) | 96),
             0x12,
             0x34,
             1,
             2,
             3,
             4,
             0x0a,
             0x0b,
             0x0c,
             0x0d};
  append(out, parts.csrcs);
  if (!parts.extension.empty()) {
    const auto words = static_cast<uint16_t>(parts.extension.size() / 4);
    append(out, {static_cast<uint8_t>(parts.profile >> 8), static_cast<uint8_t>(parts.profile),
                 static_cast<uint8_t>(words >> 8), static_cast<uint8_t>(words)});
    append(out, parts.extension);
  }
  append(out, parts.payload);
  if (parts.padding) {
    out.resize(out.size() + parts.padding - 1u);
    out.push_back(parts.padding);
  }
  return out;
}

}  // namespace kms::rtc::test
