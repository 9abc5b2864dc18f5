// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>

namespace kms::rtc {

// How much may wait to be sent: bytes of messages, and kPerMessage for each, so that a flood of empty ones is
// bounded as well. Any thread.
class SendRoom {
 public:
  static constexpr size_t kPerMessage = 512;  // about what a waiting message costs besides its bytes

  explicit SendRoom(size_t most) : most_(most) {}

  // False: no room.
  bool take(size_t bytes) {
    const size_t cost = bytes + kPerMessage;
    if (taken_.fetch_add(cost) + cost <= most_) return true;
    taken_ -= cost;
    return false;
  }
  void give_back(size_t bytes) { taken_ -= bytes + kPerMessage; }
  size_t taken() const { return taken_; }

  // Somebody found no room. Ask for room once more afterwards: what was given back just before tells nobody.
  void expect_news() { expected_ = true; }
  // There is room again for whom found none; said once.
  bool take_news() { return is_half_free() && expected_ && expected_.exchange(false); }
  bool is_half_free() const { return taken_ <= most_ / 2; }

 private:
  const size_t most_;
  std::atomic<size_t> taken_ = 0;
  std::atomic<bool> expected_ = false;
};

}  // namespace kms::rtc
