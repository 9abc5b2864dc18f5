// SPDX-License-Identifier: Apache-2.0
#include "tests/support/live_peer/scene.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace kms::test::scene {
namespace {

constexpr uint8_t kDark = 30, kBright = 220;
constexpr int kColumns = 8, kRows = 4;  // two rows of number, one of its complement's low bits, one of flash
constexpr int kBlockWidth = kWidth / kColumns, kBlockHeight = kHeight / kRows;
constexpr int kLoudness = 10'000;
constexpr int kBeepMs = 100;

// Bits of the number, low first, then a row that must be their lower row turned over, then the flash.
bool bright_at(uint16_t picture, int row, int column) {
  if (row == 3) return picture % kPicturesPerSecond < kFlashPictures;
  const bool low = (picture >> column & 1) != 0;
  if (row == 2) return !low;
  return row == 0 ? low : (picture >> (8 + column) & 1) != 0;
}

int brightness(std::span<const uint8_t> i420, int row, int column) {
  int sum = 0;
  constexpr int kInset = 12;
  for (int y = row * kBlockHeight + kInset; y < (row + 1) * kBlockHeight - kInset; ++y) {
    for (int x = column * kBlockWidth + kInset; x < (column + 1) * kBlockWidth - kInset; ++x)
      sum += i420[static_cast<size_t>(y * kWidth + x)];
  }
  return sum / ((kBlockHeight - 2 * kInset) * (kBlockWidth - 2 * kInset));
}

}  // namespace

std::vector<uint8_t> paint(uint16_t picture) {
  std::vector<uint8_t> i420(kWidth * kHeight * 3 / 2, 128);
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x) {
      const bool bright = bright_at(picture, y / kBlockHeight, x / kBlockWidth);
      i420[static_cast<size_t>(y * kWidth + x)] = bright ? kBright : kDark;
    }
  }
  return i420;
}

std::optional<Seen> look_at(std::span<const uint8_t> i420) {
  if (i420.size() < kWidth * kHeight) return {};
  constexpr int kMiddle = (kDark + kBright) / 2;
  Seen seen;
  for (int column = 0; column < kColumns; ++column) {
    const bool low = brightness(i420, 0, column) > kMiddle, high = brightness(i420, 1, column) > kMiddle;
    const bool mirrored = brightness(i420, 2, column) > kMiddle;
    if (low == mirrored) return {};
    seen.picture =
        static_cast<uint16_t>(seen.picture | (low ? 1 : 0) << column | (high ? 1 : 0) << (8 + column));
  }
  seen.flash = brightness(i420, 3, kColumns / 2) > kMiddle;
  return seen;
}

std::vector<int16_t> play(std::chrono::milliseconds length, int rate) {
  std::vector<int16_t> samples(static_cast<size_t>(length.count() * rate / 1000));
  for (size_t i = 0; i < samples.size(); ++i) {
    const auto into_second = i % static_cast<size_t>(rate);
    if (into_second >= static_cast<size_t>(rate * kBeepMs / 1000)) continue;
    const double angle = 2 * std::numbers::pi * kToneHz * static_cast<double>(into_second) / rate;
    samples[i] = static_cast<int16_t>(kLoudness * std::sin(angle));
  }
  return samples;
}

std::vector<size_t> beeps_in(std::span<const int16_t> samples, int rate) {
  constexpr int kThreshold = kLoudness / 5;
  std::vector<size_t> beeps;
  const auto quiet_before = static_cast<size_t>(rate / 4);
  size_t loud = 0;  // one past the last loud sample
  for (size_t i = 0; i < samples.size(); ++i) {
    if (std::abs(samples[i]) < kThreshold) continue;
    if (loud == 0 || i - loud > quiet_before) beeps.push_back(i);
    loud = i + 1;
  }
  return beeps;
}

Tone tone_at(std::span<const int16_t> samples, size_t begin, int rate) {
  const auto ms = static_cast<size_t>(rate / 1000);
  const auto beep = samples.subspan(std::min(samples.size(), begin + 20 * ms));  // its middle
  const auto length = std::min(beep.size(), 60 * ms);
  double power = 0;
  size_t rises = 0;
  for (size_t i = 0; i < length; ++i) {
    power += std::pow(beep[i] / 32768.0, 2);
    rises += i > 0 && beep[i - 1] < 0 && beep[i] >= 0 ? 1 : 0;
  }
  if (length == 0) return {};
  const auto seconds = static_cast<double>(length) / rate;
  return {std::sqrt(power / static_cast<double>(length)), static_cast<double>(rises) / seconds};
}

}  // namespace kms::test::scene
