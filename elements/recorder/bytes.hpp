// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kms::recorder {

// Numbers in the order of networks, which both containers have.
inline void put(std::string& out, uint64_t value, unsigned bytes) {
  for (unsigned i = bytes; i > 0; --i) out.push_back(static_cast<char>(value >> (8 * (i - 1)) & 0xff));
}
inline std::string number(uint64_t value, unsigned bytes) {
  std::string out;
  put(out, value, bytes);
  return out;
}

// Reads what others wrote: past the end it gives zeros, and fails for good.
class Bytes {
 public:
  explicit Bytes(std::string_view data) : data_(data) {}

  uint64_t take(unsigned bytes) {
    uint64_t out = 0;
    for (const char byte : text(bytes)) out = out << 8U | static_cast<unsigned char>(byte);
    return out;
  }
  std::string_view text(uint64_t bytes) {
    if (bytes > data_.size()) {
      failed_ = true;
      data_ = {};
      return {};
    }
    const auto out = data_.substr(0, bytes);
    data_.remove_prefix(bytes);
    return out;
  }
  size_t left() const { return data_.size(); }
  bool failed() const { return failed_; }

 private:
  std::string_view data_;
  bool failed_ = false;
};

}  // namespace kms::recorder
