// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/forwarding/capture_clock.hpp"

#include <algorithm>
#include <cmath>

namespace kms::rtc {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr double kSlew = 0.02;
// Further off than this the way is shortened, or it would take minutes: back faster, and ahead at once if it
// stays so; what an outage held up comes in a burst and is no reason.
constexpr int64_t kFar = kSecond;
constexpr double kFastSlew = 0.2;
constexpr int64_t kStaysSo = kSecond / 2;
// Time stamps go back for frames that are sent in another order than they are shown, and ahead of the clock
// when what was held up is lost.
constexpr int64_t kMostOff = 2 * kSecond;
// Sources of one publisher that are further apart do not speak of the same clock.
constexpr int64_t kMostApart = 3 * kSecond;
// A report this far from what those before it said begins a new series.
constexpr int64_t kReportBreak = kSecond / 2;
constexpr double kMostPace = 0.02;  // no crystal is worse

int64_t ns_since_zero(TimePoint time) { return time.time_since_epoch().count(); }

}  // namespace

int64_t CaptureClock::ns_of(int64_t ticks) const {
  return ticks / rate_ * kSecond + ticks % rate_ * kSecond / rate_;
}

int64_t CaptureClock::unwrapped(uint32_t timestamp) const {
  return ticks_ + static_cast<int32_t>(timestamp - timestamp_);
}

int64_t CaptureClock::sender_time_of(int64_t ticks) const {
  const auto passed = static_cast<double>(ns_of(ticks - last_report().ticks));
  return last_report().theirs + std::llround(passed * pace_);
}

TimePoint CaptureClock::on_packet(uint32_t timestamp, TimePoint arrived, bool late) {
  const int64_t at = ns_since_zero(arrived);
  if (!anchored_ || (!late && !goes_on(unwrapped(timestamp), at))) anchor(timestamp, at);
  const int64_t ticks = unwrapped(timestamp);
  if (ticks > ticks_ && !late) {
    advance(ticks, target(ticks, arrived), at);
    timestamp_ = timestamp;
  }
  const int64_t before = std::clamp<int64_t>(ticks_ - ticks, 0, 10 * int64_t{rate_});
  return TimePoint(Duration(captured_ - ns_of(before)));
}

bool CaptureClock::goes_on(int64_t ticks, int64_t arrived) const {
  const int64_t moved = ns_of(ticks - ticks_);
  return moved > -kMostOff && moved - (arrived - arrived_) < kMostOff;
}

// Time does not go back when a series of time stamps begins, and what was known of the source still holds.
void CaptureClock::anchor(uint32_t timestamp, int64_t arrived) {
  captured_ = std::max(captured_ + 1, arrived - lead_);
  anchored_ = true;
  timestamp_ = timestamp;
  ticks_ = 0;
  arrived_ = arrived;
  behind_since_ = 0;
  quickest_ = {};
  quickest_.add(arrived, TimePoint(Duration(arrived)));
  forget_reports();
}

int64_t CaptureClock::target(int64_t ticks, TimePoint arrived) {
  const int64_t at = ns_since_zero(arrived);
  quickest_.add(at - ns_of(ticks), arrived);
  const int64_t by_arrival = ns_of(ticks) + quickest_.ns();
  if (report_count_ == 0) return by_arrival - lead_;
  const int64_t theirs = sender_time_of(ticks);
  publisher_.on_arrival(theirs, arrived);
  const int64_t by_report = theirs + publisher_.offset();
  const int64_t apart = by_arrival - by_report;
  if (std::abs(apart) > kMostApart) return by_arrival - lead_;
  lead_ = apart;
  return by_report;
}

void CaptureClock::advance(int64_t ticks, int64_t wanted, int64_t arrived) {
  const int64_t step = ns_of(ticks - ticks_);
  const int64_t off = wanted - (captured_ + step);
  ticks_ = ticks;
  arrived_ = arrived;
  if (off <= kFar) behind_since_ = 0;
  if (off > kFar && behind_since_ == 0) behind_since_ = arrived;
  if (off > kFar && arrived - behind_since_ >= kStaysSo) {
    captured_ = wanted;
    return;
  }
  const double slew = off < -kFar ? kFastSlew : kSlew;
  const auto most = static_cast<int64_t>(static_cast<double>(step) * slew);
  captured_ += step + std::clamp(off, -most, most);
}

void CaptureClock::on_report(const ReportTime& report) {
  if (!anchored_ || report.ntp == 0) return;  // zero: the sender has no clock (RFC 3550 section 6.4.1)
  const Report next{publisher_.since_first(report.ntp), unwrapped(report.rtp)};
  if (report_count_ > 0 && std::abs(next.theirs - sender_time_of(next.ticks)) > kReportBreak) {
    forget_reports();
  }
  reports_[report_count_++ % reports_.size()] = next;
  measure_pace();
}

void CaptureClock::forget_reports() {
  report_count_ = 0;
  pace_ = 1.0;
}

// Over some seconds only: a report's two clocks are read a millisecond apart.
void CaptureClock::measure_pace() {
  const auto& first = reports_[report_count_ > reports_.size() ? report_count_ % reports_.size() : 0];
  const int64_t counted = ns_of(last_report().ticks - first.ticks);
  if (counted < 3 * kSecond) return;
  const double pace = static_cast<double>(last_report().theirs - first.theirs) / static_cast<double>(counted);
  pace_ = std::clamp(pace, 1 - kMostPace, 1 + kMostPace);
}

}  // namespace kms::rtc
