// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace kms::test {

// What the tests' peers show and play: each picture carries its number, and with each second begin a flash
// and a beep at one moment. Whoever gets it can say which picture it was and how far apart flash and beep
// are.
namespace scene {

inline constexpr int kWidth = 320;
inline constexpr int kHeight = 240;
inline constexpr int kPicturesPerSecond = 30;
inline constexpr int kFlashPictures = 3;  // so many after each full second
inline constexpr double kToneHz = 1000;
inline constexpr double kBeepLoudness = 0.2158;  // RMS, full scale 1

using Nanoseconds = std::chrono::nanoseconds;

// When a picture is due, from the beginning; not before its time stamp of 90 kHz.
constexpr Nanoseconds time_of(uint16_t picture) {
  return Nanoseconds((int64_t{picture} * 1'000'000'000 + kPicturesPerSecond - 1) / kPicturesPerSecond);
}

// I420, kWidth x kHeight.
std::vector<uint8_t> paint(uint16_t picture);
struct Seen {
  uint16_t picture = 0;
  bool flash = false;
};
// Nothing when it is none of ours, or damaged.
std::optional<Seen> look_at(std::span<const uint8_t> i420);

// Sound of the whole scene: 16 bit, mono.
std::vector<int16_t> play(std::chrono::milliseconds length, int rate);
// Where beeps begin: places in `samples`.
std::vector<size_t> beeps_in(std::span<const int16_t> samples, int rate);
// The loudest of the beeps, as RMS of 0 to 1, and how often the tone swings per second.
struct Tone {
  double loudness = 0;
  double hz = 0;
};
Tone tone_at(std::span<const int16_t> samples, size_t begin, int rate);

}  // namespace scene
}  // namespace kms::test
