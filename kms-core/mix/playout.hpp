// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <limits>

#include "kms-core/mix/sound.hpp"

namespace kms::mix {

// Decides with every block how much of an input's sound, which comes when it comes and by a clock of its own,
// is played: enough is kept for what comes late, and not more. What is late by much is not played at all: it
// would be an echo. A rule only, frames in and frames out; one thread.
class Playout {
 public:
  struct Step {
    bool play = false;  // false: nothing yet, or no more
    size_t skip = 0;    // frames that are thrown away before
    size_t frames = 0;  // of which the block is made; more than there are: the sound breaks off
  };

  // So many frames came at once.
  void came(size_t frames);
  // `waiting`: frames that are there. `pausing`: the sender said that it sends nothing for a while.
  Step next(size_t waiting, bool pausing);

  // How much has to wait before any of it is played.
  size_t least() const;
  // More is not kept.
  size_t most() const;

 private:
  size_t reserve() const;
  void starve(bool pausing);
  void follow(size_t left);
  void begin_window();

  bool playing_ = false;
  size_t chunk_ = 0;                  // the most that comes at once
  size_t margin_ = kBlockFrames / 4;  // what is to be left in the worst moment, besides a packet
  size_t lowest_ = std::numeric_limits<size_t>::max();  // what was left, in this window
  unsigned blocks_ = 0;                                 // of this window
  unsigned calm_ = 0;                                   // windows since sound was missing
  unsigned starved_ = 0;                                // blocks, one after the other
  int adjust_ = 0;                                      // frames more per block, or fewer
};

}  // namespace kms::mix
