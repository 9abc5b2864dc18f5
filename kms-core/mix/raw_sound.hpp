// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>

#include "kms-core/mix/playout.hpp"
#include "kms-core/mix/sound_queue.hpp"
#include "kms-core/mix/sound_source.hpp"

namespace kms::mix {

// Decoded sound on its way from its source's streaming thread to the mixer's.
class RawSound : public SoundSource {
 public:
  explicit RawSound(unsigned channels) : channels_(channels), queue_(channels) {}

  // Streaming thread. What the mixer does not take is bounded: the oldest goes.
  void push(const int16_t* samples, size_t frames);

  uint8_t listen() override;
  bool take(Block& out) override;
  void pass() override {}

 private:
  const unsigned channels_;
  std::mutex mutex_;
  std::vector<int16_t> arrived_;  // guarded by mutex_
  size_t longest_ = 0;            // frames that came at once; guarded by mutex_

  // The mixer's thread:
  std::vector<int16_t> taken_;
  SoundQueue queue_;
  Playout playout_;
  Block block_;
  bool heard_ = false;  // block_ is the next one
};

}  // namespace kms::mix
