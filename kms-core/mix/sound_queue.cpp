// SPDX-License-Identifier: Apache-2.0
#include "kms-core/mix/sound_queue.hpp"

#include <algorithm>
#include <cmath>

namespace kms::mix {
namespace {

constexpr size_t kRamp = 240;  // frames, 5 ms

// Through four points, at `at` between the second and the third (Catmull and Rom).
float between(const float (&y)[4], float at) {
  const float a = -0.5F * y[0] + 1.5F * y[1] - 1.5F * y[2] + 0.5F * y[3];
  const float b = y[0] - 2.5F * y[1] + 2 * y[2] - 0.5F * y[3];
  const float c = 0.5F * (y[2] - y[0]);
  return ((a * at + b) * at + c) * at + y[1];
}

int16_t sample(float value) { return static_cast<int16_t>(std::clamp(std::lround(value), -32768L, 32767L)); }

}  // namespace

void SoundQueue::push(const int16_t* samples, size_t frames) {
  compact();
  waiting_.insert(waiting_.end(), samples, samples + frames * channels_);
}

void SoundQueue::push_silence(size_t frames) {
  compact();
  waiting_.insert(waiting_.end(), frames * channels_, 0);
}

void SoundQueue::compact() {
  if (read_ < 4 * kBlockFrames && read_ * channels_ != waiting_.size()) return;
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<ptrdiff_t>(read_ * channels_));
  read_ = 0;
}

void SoundQueue::drop(size_t frames) {
  if (frames == 0) return;
  read_ += std::min(frames, this->frames());
  broken_ = true;
}

void SoundQueue::read(size_t frames, Block& out) {
  out.assign(kBlockFrames * channels_, 0);
  if (this->frames() == 0) return;
  const bool soft = broken_;
  if (frames > this->frames()) {
    end_softly(out);
  } else if (frames == kBlockFrames) {
    std::copy_n(waiting_.begin() + static_cast<ptrdiff_t>(read_ * channels_), out.size(), out.begin());
    read_ += frames;
    broken_ = false;
  } else {
    interpolate(frames, out);
  }
  if (soft) begin_softly(out);
}

void SoundQueue::interpolate(size_t frames, Block& out) {
  const auto last = this->frames() - 1;
  const float step = static_cast<float>(frames) / kBlockFrames;
  const auto* from = waiting_.data() + read_ * channels_;
  for (size_t i = 0; i < kBlockFrames; ++i) {
    const float place = static_cast<float>(i) * step;
    const auto index = static_cast<size_t>(place);
    for (unsigned channel = 0; channel < channels_; ++channel) {
      const auto at = [&](size_t frame) {
        return static_cast<float>(from[std::min(frame, last) * channels_ + channel]);
      };
      // The frame before the first is the first: half a sample's error, once per block, at most.
      const float points[4] = {at(index == 0 ? 0 : index - 1), at(index), at(index + 1), at(index + 2)};
      out[i * channels_ + channel] = sample(between(points, place - static_cast<float>(index)));
    }
  }
  read_ += frames;
  broken_ = false;
}

void SoundQueue::end_softly(Block& out) {
  const auto left = std::min(frames(), kBlockFrames);
  std::copy_n(waiting_.begin() + static_cast<ptrdiff_t>(read_ * channels_), left * channels_, out.begin());
  const auto ramp = std::min(kRamp, left);
  for (size_t i = 0; i < ramp; ++i) {
    for (unsigned channel = 0; channel < channels_; ++channel) {
      auto& value = out[(left - 1 - i) * channels_ + channel];
      value = sample(static_cast<float>(value) * static_cast<float>(i) / static_cast<float>(ramp));
    }
  }
  read_ += left;
  broken_ = true;
}

void SoundQueue::begin_softly(Block& out) {
  for (size_t i = 0; i < kRamp; ++i) {
    for (unsigned channel = 0; channel < channels_; ++channel) {
      auto& value = out[i * channels_ + channel];
      value = sample(static_cast<float>(value) * static_cast<float>(i) / kRamp);
    }
  }
}

}  // namespace kms::mix
