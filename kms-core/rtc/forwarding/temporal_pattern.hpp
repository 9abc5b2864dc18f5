// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "kms-core/rtc/rtp/layer_marks.hpp"

namespace kms::rtc {

// Which temporal layers the latest pictures of a stream were of. Encoders go through them in turns of two,
// four or eight pictures, which tells of a picture that was lost what it was of. One thread.
class TemporalPattern {
 public:
  static constexpr uint16_t kTurn = 8;

  // Each packet in order, and late ones.
  void note(const LayerMarks& marks) {
    if (marks.id_mask != 0) seen_[marks.picture_id % seen_.size()] = {marks.picture_id, marks.temporal};
  }

  // That `count` pictures right before that of `next`, of which nothing came, were of layers above `most`. A
  // turn that does not go on like the one before around them, since a picture was left out, tells nothing.
  bool shows_above(uint8_t most, const LayerMarks& next, uint16_t count) const {
    const auto at = [&](int back) { return (next.picture_id - back) & next.id_mask; };
    if (count >= kTurn || temporal(at(kTurn)) != next.temporal) return false;
    const int before = temporal(at(count + 1));
    if (before == kUnknown || before != temporal(at(count + 1 + kTurn))) return false;
    for (int back = 1; back <= count; ++back) {
      if (temporal(at(back + kTurn)) <= most) return false;
    }
    return true;
  }

 private:
  static constexpr int kUnknown = -1;
  struct Seen {
    int picture_id = -1;
    int temporal = 0;
  };
  int temporal(int picture_id) const {
    const auto& seen = seen_[static_cast<size_t>(picture_id) % seen_.size()];
    return seen.picture_id == picture_id ? seen.temporal : kUnknown;
  }

  std::array<Seen, size_t{4} * kTurn> seen_;
};

}  // namespace kms::rtc
