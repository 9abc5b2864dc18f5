// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "kms-core/rtc/plain/tones.hpp"
#include "kms-core/rtc/wire/allowance.hpp"

namespace kms::rtc {

struct Tone {
  char name = '0';
  std::chrono::milliseconds duration{};
};

// Makes one tone of the packets of each telephone event: at its end, of which there are three packets and may
// be none, or after its first kLongest. One thread.
class ToneReader {
 public:
  static constexpr std::chrono::milliseconds kLongest{2000};
  // Whoever sends nothing for so long has ended it.
  static constexpr std::chrono::milliseconds kSilence{500};
  // No key is pressed more often than with one tone per 40 ms (ITU-T Q.24); some may have been held up on
  // their way. What comes above that is told to nobody.
  static constexpr std::chrono::milliseconds kShortest{40};
  static constexpr int kHeldUp = 10;

  // A packet with the event's payload; the time stamp is that of the event's beginning.
  std::optional<Tone> on_packet(Bytes payload, uint32_t timestamp, TimePoint now);
  std::optional<Tone> on_timer(TimePoint now);
  void set_clock_rate(uint32_t rate) { clock_rate_ = rate; }

 private:
  struct Running {
    uint8_t code;
    uint32_t timestamp;
    uint16_t duration;
    TimePoint heard;
    bool told;
    uint64_t before = 0;  // length of the segments before this one
  };
  std::optional<Tone> tell(TimePoint now);
  std::chrono::milliseconds length() const;
  bool is_next_segment(uint8_t code, uint32_t timestamp, TimePoint now) const;

  uint32_t clock_rate_ = 8000;
  std::optional<Running> running_;
  Allowance pace_{kShortest, kHeldUp};
};

}  // namespace kms::rtc
