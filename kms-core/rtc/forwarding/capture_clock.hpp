// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "kms-core/rtc/forwarding/sender_clock.hpp"

namespace kms::rtc {

// When a source's packets were captured, on our clock. Until its sender reports anything that is the time of
// the quickest arrivals; then its reports say it, through the clock of the publisher. The way from one to the
// other, and whatever the clocks do, is slewed: the time runs up to 2 % faster or slower, follows drift and
// never goes back. It moves ahead at once only where time stamps do not go on (more than a second off, or
// another SSRC). Touches nothing but itself; one thread.
class CaptureClock {
 public:
  CaptureClock(uint32_t clock_rate, SenderClock& publisher) : rate_(clock_rate), publisher_(publisher) {}

  // The capture time of the next packet. `late`: it came after a newer one.
  TimePoint on_packet(uint32_t timestamp, TimePoint arrived, bool late);
  void on_report(const ReportTime& report);
  // Another SSRC goes on, with time stamps and reports of its own.
  void begin_anew() { anchored_ = false; }

 private:
  struct Report {
    int64_t theirs = 0;  // ns, SenderClock::since_first()
    int64_t ticks = 0;
  };

  int64_t ns_of(int64_t ticks) const;
  int64_t unwrapped(uint32_t timestamp) const;
  const Report& last_report() const { return reports_[(report_count_ - 1) % reports_.size()]; }
  int64_t sender_time_of(int64_t ticks) const;
  bool goes_on(int64_t ticks, int64_t arrived) const;
  void anchor(uint32_t timestamp, int64_t arrived);
  // Where the capture time belongs; the arrival counts.
  int64_t target(int64_t ticks, TimePoint arrived);
  void advance(int64_t ticks, int64_t wanted, int64_t arrived);
  void forget_reports();
  void measure_pace();

  uint32_t rate_;
  SenderClock& publisher_;
  bool anchored_ = false;
  uint32_t timestamp_ = 0;  // of the newest packet
  int64_t ticks_ = 0;       // the same, counted without wrapping from the anchor on
  int64_t captured_ = 0;    // the same on our clock, ns
  int64_t arrived_ = 0;
  int64_t behind_since_ = 0;  // when it was first seen more than a second behind; 0: it is not
  TransitFloor quickest_;     // of this source alone
  int64_t lead_ = 0;          // what the reports said that its quickest took longer than the publisher's

  std::array<Report, 8> reports_;
  size_t report_count_ = 0;  // since the last break
  double pace_ = 1.0;        // nanoseconds of the sender's clock per nanosecond of time stamps
};

}  // namespace kms::rtc
