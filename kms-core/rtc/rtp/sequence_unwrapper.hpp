// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace kms::rtc {

// The 64-bit index nearest to `reference` whose low bits are `low`; ties go up. May be negative near zero:
// SRTP must refuse that (RFC 3711 section 3.3.1), everyone else may live with it.
constexpr int64_t unwrap_near(int64_t reference, uint16_t low) {
  return reference + static_cast<int16_t>(static_cast<uint16_t>(low - static_cast<uint64_t>(reference)));
}
constexpr int64_t unwrap_near(int64_t reference, uint32_t low) {
  return reference + static_cast<int32_t>(static_cast<uint32_t>(low - static_cast<uint64_t>(reference)));
}

// Turns the wrapping sequence numbers (uint16_t) or time stamps (uint32_t) of one stream into 64-bit ones.
// The first value stands for itself; each later one is placed nearest to the highest seen so far.
template <typename T>
class SequenceUnwrapper {
 public:
  int64_t unwrap(T low) {
    const int64_t index = started_ ? unwrap_near(highest_, low) : int64_t{low};
    if (!started_ || index > highest_) highest_ = index;
    started_ = true;
    return index;
  }
  bool started() const { return started_; }
  // Only after the first unwrap().
  int64_t highest() const { return highest_; }

 private:
  int64_t highest_ = 0;
  bool started_ = false;
};

}  // namespace kms::rtc
