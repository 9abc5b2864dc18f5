// SPDX-License-Identifier: Apache-2.0
#include "kms-core/mix/playout.hpp"

#include <algorithm>

namespace kms::mix {
namespace {

constexpr size_t kLeastMargin = kBlockFrames / 4;
constexpr size_t kMostMargin = 4 * kBlockFrames;
constexpr size_t kMostChunk = 6 * kBlockFrames;  // the longest packet of Opus
constexpr size_t kSpare = 5 * kBlockFrames;      // above what is needed, before it is thrown away

constexpr unsigned kWindow = 25;      // blocks, half a second
constexpr unsigned kMostStarved = 3;  // blocks
constexpr unsigned kLongCalm = 20;    // windows
constexpr int kMostAdjusted = 6;      // frames of a block's 960
constexpr int kDull = 120;            // frames that are too many or too few before anything is done
constexpr int kPerFrame = 60;         // of them for each frame more or fewer

}  // namespace

void Playout::came(size_t frames) { chunk_ = std::clamp(frames, chunk_, std::max(chunk_, kMostChunk)); }

// A sender whose clock is a little slow leaves out a packet now and then, as seen from here.
size_t Playout::reserve() const { return std::max(chunk_, kBlockFrames / 2) + margin_; }
size_t Playout::least() const { return std::max(chunk_, kBlockFrames) + reserve(); }
size_t Playout::most() const { return least() + kSpare; }

Playout::Step Playout::next(size_t waiting, bool pausing) {
  Step step;
  if (!playing_ && waiting < least()) return step;
  if (!playing_ || waiting > most()) {
    step.skip = waiting > least() + std::max(chunk_, kBlockFrames) ? waiting - least() : 0;
    playing_ = true;
    begin_window();
  }
  const auto there = waiting - step.skip;
  step.play = true;
  step.frames = static_cast<size_t>(static_cast<int>(kBlockFrames) + adjust_);
  if (there < step.frames) {
    starve(pausing);
  } else {
    starved_ = 0;
    follow(there - step.frames);
  }
  return step;
}

// What comes a little late goes on where it broke off, and leaves so much more in reserve. What comes later
// begins anew.
void Playout::starve(bool pausing) {
  if (starved_++ == 0 && !pausing) margin_ = std::min(margin_ + kBlockFrames / 4, kMostMargin);
  if (starved_ > kMostStarved) playing_ = false;
  calm_ = 0;
  adjust_ = 0;
  begin_window();
}

void Playout::begin_window() {
  lowest_ = std::numeric_limits<size_t>::max();
  blocks_ = 0;
}

void Playout::follow(size_t left) {
  lowest_ = std::min(lowest_, left);
  if (++blocks_ < kWindow) return;
  const int excess = static_cast<int>(lowest_) - static_cast<int>(reserve());
  adjust_ = std::abs(excess) < kDull ? 0 : std::clamp(excess / kPerFrame, -kMostAdjusted, kMostAdjusted);
  begin_window();
  if (++calm_ < kLongCalm) return;
  calm_ = 0;
  chunk_ = 0;
  margin_ = std::max(margin_ - kBlockFrames / 8, kLeastMargin);
}

}  // namespace kms::mix
