// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/bandwidth/delay_trend.hpp"

#include <algorithm>
#include <cmath>

namespace kms::rtc {
namespace {

constexpr size_t kFewestSamples = 5;
constexpr double kShortestSpanMs = 120;
constexpr double kClockJumpMs = 5000;  // more than any queue: the receiver set its clock
constexpr size_t kNow = 3;             // bursts
constexpr double kAtOnceMs = 5;        // apart
constexpr double kSoonerMs = 5;

}  // namespace

void DelayTrend::on_arrival(double sent_ms, double delay_ms) {
  if (started_ && count_ > 0 && std::abs(delay_ms - sample(0).delay_ms) > kClockJumpMs) *this = {};
  const Sample fresh{sent_ms, delay_ms};
  note_floor(fresh);
  const bool at_once = comes_at_once(fresh);
  latest_ = fresh;
  if (sent_ms < from_ms_) return;
  const bool in_burst = count_ > 0 && sent_ms < sample(0).sent_ms + kBurstMs;
  if (count_ > 0 && sent_ms < sample(0).sent_ms) return;
  if (count_ > 0 && at_once && delay_ms < sample(0).delay_ms) {
    newest() = fresh;
  } else if (in_burst) {
    newest().delay_ms = std::min(newest().delay_ms, delay_ms);
  } else {
    begin_burst(fresh);
  }
}

// With the one before, which waited longer.
bool DelayTrend::comes_at_once(const Sample& fresh) const {
  const double apart = fresh.sent_ms + fresh.delay_ms - latest_.sent_ms - latest_.delay_ms;
  return apart < kAtOnceMs && fresh.delay_ms < latest_.delay_ms - kSoonerMs;
}

void DelayTrend::begin_burst(const Sample& fresh) {
  samples_[end_++ % kSamples] = fresh;
  count_ = std::min(count_ + 1, kSamples);
  while (count_ > 1 && sample(count_ - 1).sent_ms < fresh.sent_ms - kWindowMs) --count_;
}

void DelayTrend::note_floor(const Sample& fresh) {
  if (!started_) {
    started_ = true;
    floor_from_ms_ = fresh.sent_ms;
    floors_.fill(fresh.delay_ms);
  }
  if (fresh.sent_ms >= floor_from_ms_ + kFloorMs) {
    floor_from_ms_ = fresh.sent_ms;
    std::shift_right(floors_.begin(), floors_.end(), 1);
    floors_[0] = fresh.delay_ms;
  }
  floors_[0] = std::min(floors_[0], fresh.delay_ms);
}

void DelayTrend::restart(double from_ms) {
  from_ms_ = from_ms;
  count_ = 0;
}

double DelayTrend::growth_ms() const {
  if (count_ < kFewestSamples) return 0;
  const double span = sample(0).sent_ms - sample(count_ - 1).sent_ms;
  if (span < kShortestSpanMs) return 0;
  // Against the newest sample, so that the squares stay small.
  double sent = 0;
  double delay = 0;
  double squares = 0;
  double products = 0;
  for (size_t i = 0; i < count_; ++i) {
    const double x = sample(i).sent_ms - sample(0).sent_ms;
    const double y = sample(i).delay_ms - sample(0).delay_ms;
    sent += x;
    delay += y;
    squares += x * x;
    products += x * y;
  }
  const auto count = static_cast<double>(count_);
  return (count * products - sent * delay) / (count * squares - sent * sent) * span;
}

double DelayTrend::queue_ms() const {
  if (count_ == 0) return 0;
  double now = sample(0).delay_ms;
  for (size_t i = 1; i < std::min(count_, kNow); ++i) now = std::min(now, sample(i).delay_ms);
  return now - *std::min_element(floors_.begin(), floors_.end());
}

}  // namespace kms::rtc
