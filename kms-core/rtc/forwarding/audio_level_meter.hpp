// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>

#include "kms-core/rtc/forwarding/audio_level.hpp"

namespace kms::rtc {

// Follows what the packets of one source say of their loudness (RFC 6464: a voice flag, and 0 to 127 below
// 0 dBov): a table and a few multiplications for each. Lives on the source's RTC thread.
class AudioLevelMeter {
 public:
  // Somebody speaks where it is louder than -50 dBov and the sender sees a voice in it, as far as it looks
  // for one: some never set the flag.
  static constexpr float kSpeech = 1e-5F;
  // Who has not been heard for so long begins to speak with the next word.
  static constexpr std::chrono::milliseconds kRest{1000};

  // `level`: where others read it; outlives the meter.
  AudioLevelMeter(AudioLevel& level, uint32_t clock_rate);

  // The extension's byte of a packet, which came in order.
  void on_packet(uint8_t said, uint32_t timestamp, TimePoint arrived);
  // The source begins anew: its time stamps have nothing to do with those before.
  void begin_anew() { begun_ = false; }

  // Rises with a word and falls slowly, over the pauses of one who speaks: what sources are compared by.
  float loudness() const { return loudness_; }
  bool speaks() const { return speaks_; }
  // Whether somebody has begun to speak since the last call.
  bool take_onset() { return std::exchange(onset_, false); }

 private:
  void note_speech(bool voice, TimePoint arrived);

  AudioLevel& level_;
  const float seconds_per_tick_;
  float power_ = 0;
  float loudness_ = 0;
  uint32_t timestamp_ = 0;
  bool begun_ = false;
  bool flags_ = false;  // the sender looks for voices
  bool speaks_ = false;
  bool onset_ = false;
};

}  // namespace kms::rtc
