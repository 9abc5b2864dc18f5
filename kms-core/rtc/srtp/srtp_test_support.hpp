// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <random>
#include <string_view>
#include <vector>

#include "kms-core/rtc/srtp/srtp_engine.hpp"
#include "kms-core/rtc/srtp/srtp_opener.hpp"

namespace kms::rtc::test {

using Buffer = std::vector<uint8_t>;

inline Buffer from_hex(std::string_view text) {
  Buffer out;
  std::string digits;
  for (const char c : text) {
    if (c == ' ') continue;
    digits += c;
    if (digits.size() < 2) continue;
    out.push_back(static_cast<uint8_t>(std::stoi(digits, nullptr, 16)));
    digits.clear();
  }
  return out;
}

inline Buffer random_bytes(size_t size, std::mt19937& random) {
  Buffer out(size);
  for (auto& byte : out) byte = static_cast<uint8_t>(random());
  return out;
}

inline SrtpMasterKey random_master(SrtpProfile profile, std::mt19937& random) {
  SrtpMasterKey master;
  for (auto& byte : master.key) byte = static_cast<uint8_t>(random());
  for (size_t i = 0; i < salt_size(profile); ++i) master.salt[i] = static_cast<uint8_t>(random());
  return master;
}

// An RTP packet in the clear with a one-byte header extension block of `extension` words (none if 0).
inline Buffer rtp_packet(uint32_t ssrc, uint16_t sequence, size_t payload, std::mt19937& random,
                         uint16_t extension = 0) {
  Buffer out(12 + (extension ? 4u + 4u * extension : 0u));
  out[0] = extension ? 0x90 : 0x80;
  out[1] = 96;
  store_u16(&out[2], sequence);
  store_u32(&out[8], ssrc);
  if (extension) store_u32(&out[12], 0xbede0000u | extension);
  const auto body = random_bytes(payload, random);
  out.insert(out.end(), body.begin(), body.end());
  return out;
}

inline size_t header_size_of(const Buffer& packet) {
  return packet[0] & 0x10 ? 16u + 4u * load_u16(&packet[14]) : 12u;
}

// Seals one clear packet as packet number `index` of its SSRC.
inline Buffer seal_one(SrtpEngine& engine, const SrtpSealKey& key, const Buffer& clear, uint64_t index) {
  const auto header = header_size_of(clear);
  Buffer out(clear.begin(), clear.begin() + static_cast<ptrdiff_t>(header));
  out.resize(clear.size() + kMaxSrtpTag + SrtpEngine::kSealSlack);
  const SrtpSealJob job{&key,
                        clear.data() + header,
                        out.data(),
                        load_u32(&clear[8]),
                        static_cast<uint16_t>(header),
                        static_cast<uint16_t>(clear.size() - header),
                        index};
  engine.seal({&job, 1});
  out.resize(clear.size() + tag_size(key.profile()));
  return out;
}

}  // namespace kms::rtc::test
