// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "kms-core/mix/sound.hpp"

namespace kms::mix {

// Chooses who is heard: the loudest of those that are loud at all; and says who speaks. Neither changes for a
// cough. A rule only; one thread.
class Loudest {
 public:
  struct Options {
    size_t most = 0;     // inputs at a time; 0: all that are loud
    uint8_t quiet = 60;  // -dBov; what stays below is not heard. kSilent: nobody is too quiet
  };
  struct Heard {
    uint64_t input;
    uint8_t level;  // of this block, -dBov
  };
  explicit Loudest(const Options& options) : options_(options) {}

  // One block of all inputs. Inputs that are not named have gone.
  void hear(const std::vector<Heard>& inputs);
  bool chosen(uint64_t input) const;
  // Nothing until somebody speaks; then the last one who did, as long as he is there.
  std::optional<uint64_t> speaker() const { return speaker_; }

 private:
  struct Voice {
    double loudness = 0;     // dB above silence, over some tenths of a second
    unsigned quiet_for = 0;  // blocks
    bool active = false;
    bool chosen = false;
    bool there = false;
  };
  void follow(Voice& voice, uint8_t level) const;
  void choose();
  void find_speaker();

  const Options options_;
  std::map<uint64_t, Voice> voices_;
  std::optional<uint64_t> speaker_;
  std::optional<uint64_t> challenger_;
  unsigned challenged_for_ = 0;  // blocks
};

}  // namespace kms::mix
