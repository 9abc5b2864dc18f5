// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/bandwidth/overuse_detector.hpp"

#include <algorithm>
#include <cmath>

namespace kms::rtc {
namespace {

constexpr double kLeastThresholdMs = 8;
constexpr double kMostThresholdMs = 200;
constexpr double kUp = 0.002;  // per millisecond
constexpr double kDown = 0.0004;
constexpr double kLongestStepMs = 100;
constexpr double kOutlierMs = 30;  // beyond the threshold: congestion, nothing to get used to
constexpr double kClearly = 3;     // thresholds
constexpr double kNoQueueMs = 6;
constexpr double kStandingQueueMs = 90;
constexpr int kFeedbacks = 2;

}  // namespace

void OveruseDetector::adapt(double growth_ms, TimePoint now) {
  const double passed = std::chrono::duration<double, std::milli>(now - updated_).count();
  updated_ = now;
  const double size = std::abs(growth_ms);
  if (size > threshold_ms_ + kOutlierMs) return;
  const double gain = size > threshold_ms_ ? kUp : kDown;
  threshold_ms_ += gain * std::min(passed, kLongestStepMs) * (size - threshold_ms_);
  threshold_ms_ = std::clamp(threshold_ms_, kLeastThresholdMs, kMostThresholdMs);
}

bool OveruseDetector::is_over(const Delay& delay) {
  const bool grows = delay.growth_ms > threshold_ms_ && delay.queue_ms > kNoQueueMs;
  over_ = grows && delay.growth_ms >= last_growth_ms_ * 0.8 ? over_ + 1 : 0;
  const bool stands =
      delay.queue_ms > std::max(kStandingQueueMs, threshold_ms_) && delay.growth_ms > -threshold_ms_;
  standing_ = stands ? standing_ + 1 : 0;
  const bool clearly = grows && delay.growth_ms > kClearly * threshold_ms_;
  return clearly || over_ >= kFeedbacks || standing_ > kFeedbacks;
}

LinkUse OveruseDetector::update(const Delay& delay, TimePoint now) {
  const bool over = is_over(delay);
  const bool under = delay.growth_ms < -threshold_ms_;
  adapt(delay.growth_ms, now);
  last_growth_ms_ = delay.growth_ms;
  if (over) return LinkUse::kOver;
  return under ? LinkUse::kUnder : LinkUse::kNormal;
}

}  // namespace kms::rtc
