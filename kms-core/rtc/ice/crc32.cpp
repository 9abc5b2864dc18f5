// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/ice/crc32.hpp"

#include <array>

namespace kms::rtc {
namespace {

constexpr std::array<uint32_t, 256> make_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value & 1) ? 0xedb88320u ^ (value >> 1) : value >> 1;
    table[i] = value;
  }
  return table;
}

constexpr auto kTable = make_table();

}  // namespace

uint32_t crc32(Bytes bytes) {
  uint32_t sum = 0xffffffffu;
  for (const uint8_t byte : bytes) sum = kTable[(sum ^ byte) & 0xff] ^ (sum >> 8);
  return ~sum;
}

}  // namespace kms::rtc
