// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/wire/bytes.hpp"

namespace kms::rtc {

// Reads big-endian fields from the front of a byte string. A read beyond the end yields zero (or an empty
// span) and makes ok() false for good, so that a parser may read a whole structure and ask once.
class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) : rest_(bytes) {}

  uint8_t u8() { return take(1) ? at_[0] : uint8_t{0}; }
  uint16_t u16() { return take(2) ? load_u16(at_) : uint16_t{0}; }
  uint32_t u24() { return take(3) ? load_u24(at_) : 0; }
  uint32_t u32() { return take(4) ? load_u32(at_) : 0; }
  uint64_t u64() { return take(8) ? load_u64(at_) : 0; }
  Bytes bytes(size_t size) { return take(size) ? Bytes(at_, size) : Bytes{}; }
  void skip(size_t size) { take(size); }

  size_t left() const { return rest_.size(); }
  Bytes rest() const { return rest_; }
  bool ok() const { return ok_; }

 private:
  bool take(size_t size) {
    if (!ok_ || size > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return false;
    }
    at_ = rest_.data();
    rest_ = rest_.subspan(size);
    return true;
  }

  Bytes rest_;
  const uint8_t* at_ = nullptr;
  bool ok_ = true;
};

}  // namespace kms::rtc
