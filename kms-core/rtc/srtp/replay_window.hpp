// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace kms::rtc {

// Which of the last 1,024 packet indices have been seen (RFC 3711 section 3.3.2). A window of 64, the least
// the RFC allows, would drop repairs that come on the original SSRC.
class ReplayWindow {
 public:
  static constexpr uint64_t kSize = 1024;

  // One that takes every index up to `highest` for seen.
  static ReplayWindow all_up_to(uint64_t highest) {
    ReplayWindow window;
    window.words_.fill(UINT64_MAX);
    window.end_ = highest + 1;
    return window;
  }

  // True for an index that is neither seen nor too old. Changes nothing: mark() follows authentication.
  bool is_new(uint64_t index) const {
    if (index >= end_) return true;
    return end_ - index <= kSize && (words_[word(index)] & bit(index)) == 0;
  }

  void mark(uint64_t index) {
    if (index >= end_) advance_to(index + 1);
    words_[word(index)] |= bit(index);
  }

  bool empty() const { return end_ == 0; }
  // The highest index seen; only if not empty.
  uint64_t highest() const { return end_ - 1; }

 private:
  static size_t word(uint64_t index) { return index % kSize / 64; }
  static uint64_t bit(uint64_t index) { return uint64_t{1} << (index % 64); }

  void advance_to(uint64_t end) {
    if (end - end_ >= kSize) {
      words_.fill(0);
    } else {
      for (uint64_t index = end_; index < end; ++index) words_[word(index)] &= ~bit(index);
    }
    end_ = end;
  }

  std::array<uint64_t, kSize / 64> words_{};
  uint64_t end_ = 0;  // one after the highest index seen
};

}  // namespace kms::rtc
