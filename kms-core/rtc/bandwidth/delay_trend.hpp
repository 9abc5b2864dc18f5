// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>

#include "kms-core/rtc/wire/clock.hpp"

namespace kms::rtc {

// How long packets take to a receiver and where that is going, from the moments of sending and arrival; the
// two clocks need not agree. Of what is sent within kBurst only the quickest packet counts: the rest of a
// frame waits for its own beginning, which is no sign of a link that is too slow. And of what comes at once
// though it was sent one after the other only the last counts (draft-ietf-rmcat-gcc-02 section 5.2): radio
// held it up, or the receiver's machine, and no queue is left. Fixed memory.
class DelayTrend {
 public:
  static constexpr double kBurstMs = 20;
  static constexpr double kWindowMs = 600;

  // In the order of sending; what comes later than others of a later burst is ignored. `delay_ms`: arrival
  // minus departure.
  void on_arrival(double sent_ms, double delay_ms);
  // The trend begins anew with what was sent from then on; what the shortest way takes is still known.
  void restart(double from_ms);

  // By how much the delay has grown within the window (a straight line through it, by least squares);
  // negative where a queue drains, 0 while too little is known.
  double growth_ms() const;
  // How much longer than the shortest lately a packet takes now: the queue on the way.
  double queue_ms() const;

 private:
  static constexpr size_t kSamples = 32;
  static constexpr size_t kFloors = 3;
  static constexpr double kFloorMs = 5000;  // each floor is of that time

  struct Sample {
    double sent_ms;
    double delay_ms;
  };

  bool comes_at_once(const Sample& sample) const;
  void begin_burst(const Sample& sample);
  void note_floor(const Sample& sample);
  Sample& newest() { return samples_[(end_ - 1) % kSamples]; }
  const Sample& sample(size_t age) const { return samples_[(end_ - 1 - age) % kSamples]; }

  std::array<Sample, kSamples> samples_{};
  size_t end_ = 0;
  size_t count_ = 0;
  double from_ms_ = 0;
  std::array<double, kFloors> floors_{};  // the newest first
  double floor_from_ms_ = 0;
  bool started_ = false;
  Sample latest_{};  // of all packets
};

}  // namespace kms::rtc
