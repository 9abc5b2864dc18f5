// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>

#include "kms-core/rtc/wire/bytes.hpp"

namespace kms::rtc {

// Writes big-endian fields into a buffer of the caller. A write that does not fit writes nothing and makes
// ok() false for good.
class ByteWriter {
 public:
  explicit ByteWriter(MutableBytes out) : out_(out) {}

  void u8(uint8_t value) {
    if (auto* at = take(1)) *at = value;
  }
  void u16(uint16_t value) {
    if (auto* at = take(2)) store_u16(at, value);
  }
  void u24(uint32_t value) {
    if (auto* at = take(3)) store_u24(at, value);
  }
  void u32(uint32_t value) {
    if (auto* at = take(4)) store_u32(at, value);
  }
  void u64(uint64_t value) {
    if (auto* at = take(8)) store_u64(at, value);
  }
  void bytes(Bytes value) {
    auto* at = take(value.size());
    if (at && !value.empty()) std::memcpy(at, value.data(), value.size());
  }
  void zeros(size_t count) {
    auto* at = take(count);
    if (at && count > 0) std::memset(at, 0, count);
  }

  size_t size() const { return size_; }
  size_t left() const { return out_.size() - size_; }
  Bytes written() const { return out_.first(size_); }
  bool ok() const { return ok_; }

 private:
  uint8_t* take(size_t size) {
    if (!ok_ || size > left()) {
      ok_ = false;
      return nullptr;
    }
    auto* at = out_.data() + size_;
    size_ += size;
    return at;
  }

  MutableBytes out_;
  size_t size_ = 0;
  bool ok_ = true;
};

}  // namespace kms::rtc
