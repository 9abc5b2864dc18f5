// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace kms::rtc {

using Bytes = std::span<const uint8_t>;
using MutableBytes = std::span<uint8_t>;

// Big-endian loads and stores. The caller has checked that the bytes are there.
inline uint16_t load_u16(const uint8_t* at) { return static_cast<uint16_t>(at[0] << 8 | at[1]); }
inline uint32_t load_u24(const uint8_t* at) { return uint32_t{at[0]} << 16 | uint32_t{at[1]} << 8 | at[2]; }
inline uint32_t load_u32(const uint8_t* at) { return uint32_t{load_u16(at)} << 16 | load_u16(at + 2); }
inline uint64_t load_u64(const uint8_t* at) { return uint64_t{load_u32(at)} << 32 | load_u32(at + 4); }

inline void store_u16(uint8_t* at, uint16_t value) {
  at[0] = static_cast<uint8_t>(value >> 8);
  at[1] = static_cast<uint8_t>(value);
}
inline void store_u24(uint8_t* at, uint32_t value) {
  at[0] = static_cast<uint8_t>(value >> 16);
  store_u16(at + 1, static_cast<uint16_t>(value));
}
inline void store_u32(uint8_t* at, uint32_t value) {
  store_u16(at, static_cast<uint16_t>(value >> 16));
  store_u16(at + 2, static_cast<uint16_t>(value));
}
inline void store_u64(uint8_t* at, uint64_t value) {
  store_u32(at, static_cast<uint32_t>(value >> 32));
  store_u32(at + 4, static_cast<uint32_t>(value));
}

}  // namespace kms::rtc
