// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "kms-core/mix/sound.hpp"

namespace kms::mix {

// Sound that waits to be mixed. Gives blocks made of a few frames more or fewer than they have, by
// interpolation, so that a sender whose clock drifts is followed without a click. One thread.
class SoundQueue {
 public:
  explicit SoundQueue(unsigned channels) : channels_(channels) {}

  void push(const int16_t* samples, size_t frames);
  void push_silence(size_t frames);
  size_t frames() const { return waiting_.size() / channels_ - read_; }

  // Throws away the oldest; what follows begins softly.
  void drop(size_t frames);
  void clear() { drop(frames()); }
  // The next block, made of `frames` of those that wait, as many as there must be. Where there are fewer, all
  // of them, and the sound ends softly.
  void read(size_t frames, Block& out);

 private:
  void compact();
  void interpolate(size_t frames, Block& out);
  void end_softly(Block& out);
  void begin_softly(Block& out);

  const unsigned channels_;
  std::vector<int16_t> waiting_;
  size_t read_ = 0;     // frames of it that are gone
  bool broken_ = true;  // what comes next does not follow what was read last
};

}  // namespace kms::mix
