// SPDX-License-Identifier: Apache-2.0
#include "kms-core/mix/raw_sound.hpp"

#include <algorithm>

namespace kms::mix {

constexpr size_t kMostArrived = kFramesPerSecond;  // a mixer that takes no more of a second stands still

void RawSound::push(const int16_t* samples, size_t frames) {
  const std::lock_guard lock(mutex_);
  if (arrived_.size() / channels_ + frames > kMostArrived) arrived_.clear();
  arrived_.insert(arrived_.end(), samples, samples + frames * channels_);
  longest_ = std::max(longest_, frames);
}

uint8_t RawSound::listen() {
  taken_.clear();
  size_t longest = 0;
  {
    const std::lock_guard lock(mutex_);
    taken_.swap(arrived_);
    std::swap(longest, longest_);
  }
  if (longest > 0) playout_.came(longest);
  queue_.push(taken_.data(), taken_.size() / channels_);
  const auto step = playout_.next(queue_.frames(), false);
  queue_.drop(step.skip);
  heard_ = step.play && queue_.frames() > 0;
  if (!heard_) return kSilent;
  queue_.read(step.frames, block_);
  return level_of(block_);
}

bool RawSound::take(Block& out) {
  if (heard_) out.swap(block_);
  return heard_;
}

}  // namespace kms::mix
