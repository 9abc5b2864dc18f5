// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "kms-core/rtc/bandwidth/bottleneck.hpp"
#include "kms-core/rtc/bandwidth/overuse_detector.hpp"

namespace kms::rtc {

struct RateLimits {
  double start_bps = 300'000;
  double least_bps = 30'000;
  double most_bps = 100'000'000;
};

// Turns what is seen of a link into the rate that it bears: rises while it can, falls below what arrives when
// the link is used too much, lower still until its queue is empty, and then goes back to just below what the
// link took (draft-ietf-rmcat-gcc-02 section 5.5, with the queue drained apart).
class RateControl {
 public:
  struct Signals {
    LinkUse use;
    double queue_ms;
    double acked_bps;         // lately; 0 at first
    double recent_acked_bps;  // right now; while a queue stands, it is the link's rate
    TimePoint newest_sent;    // that feedback told of
  };

  explicit RateControl(const RateLimits& limits) : limits_(limits), target_(limits.start_bps) {}

  void update(const Signals& signals, TimePoint now);
  // What a probe found. A link that was full took no more than that, and of a rate that was not tried much of
  // the rest is given up.
  void on_probe(double bps, bool link_full);
  void on_loss(double factor, TimePoint now);
  // Nothing is heard of what was sent.
  void on_silence();

  double target_bps() const { return target_; }
  // Nothing says that the link is full: a probe would neither hurt nor be misled.
  bool is_calm() const { return !draining_; }
  Bottleneck& bottleneck() { return bottleneck_; }

 private:
  void decrease(const Signals& signals, TimePoint now);
  void note_borne(const Signals& signals, double seconds);
  void fall_to_what_was_borne(const Signals& signals);
  void drain(const Signals& signals, TimePoint now);
  void increase(const Signals& signals, double seconds);
  void set(double bps);

  RateLimits limits_;
  double target_;
  std::optional<double> link_;  // what it took when it was full
  double borne_bps_ = 0;        // arrived lately without a queue
  Bottleneck bottleneck_;       // lasts longer than link_: nothing is chosen by it
  bool draining_ = false;
  TimePoint decreased_{};
  TimePoint updated_{};
};

}  // namespace kms::rtc
