// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/bandwidth/rate_control.hpp"

#include <algorithm>
#include <cmath>

namespace kms::rtc {
namespace {

constexpr double kDecrease = 0.85;
constexpr double kTried = 0.9;           // of the rate
constexpr double kBorneForgotten = 0.1;  // per second
constexpr double kShortQueueMs = 100;
constexpr double kBelieved = 0.5;       // of what a probe says against a rate that nobody has tried
constexpr double kDrainSeconds = 1.0;   // a queue is to be gone within
constexpr double kDeepestDrain = 0.55;  // of the rate
constexpr double kDrainedMs = 10;
constexpr double kPacketBits = 1200 * 8;
constexpr Duration kLongestDrain = std::chrono::seconds(3);
constexpr double kLinkGain = 0.4;
constexpr double kLinkExceeded = 1.15;
constexpr double kFarPerSecond = 0.10;
constexpr double kAheadOfMedia = 1.5;
constexpr double kAheadBps = 20'000;
constexpr double kMoreThanAProbe = 1.25;  // adds to what arrives
constexpr double kVouchedFor = 0.9;
constexpr double kLongestStep = 0.3;  // s
constexpr double kFullProbe = 0.88;   // of what went through: others' packets made way for ours
constexpr double kWorthWhile = 1.15;  // times the rate; less, a full probe cannot tell

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

// Of two who share a link the greater gives up more of it and climbs, for its size, more slowly: so their
// shares draw near to each other.
double share_after_drain(double link_bps) {
  return std::clamp(0.88 - 0.04 * std::log2(link_bps / 1'000'000), 0.84, 0.94);
}
double climb_per_second(double bps) { return 30'000 * std::sqrt(bps / 300'000); }

}  // namespace

void RateControl::set(double bps) { target_ = std::clamp(bps, limits_.least_bps, limits_.most_bps); }

void RateControl::update(const Signals& signals, TimePoint now) {
  const double passed = updated_ == TimePoint{} ? 0 : std::min(seconds(now - updated_), kLongestStep);
  updated_ = now;
  note_borne(signals, passed);
  if (signals.use == LinkUse::kOver) return decrease(signals, now);
  if (draining_) return drain(signals, now);
  if (signals.use == LinkUse::kNormal) increase(signals, passed);
}

// Once per response: until the first packet after it is told of, all that is seen was caused before.
void RateControl::decrease(const Signals& signals, TimePoint now) {
  if (signals.newest_sent <= decreased_ || signals.recent_acked_bps <= 0) return;
  draining_ = true;
  decreased_ = now;
  const bool tried = std::max(borne_bps_, signals.acked_bps) > target_ * kTried;
  if (!tried && signals.queue_ms < kShortQueueMs) return fall_to_what_was_borne(signals);
  bottleneck_.on_full(signals.recent_acked_bps, now);
  const bool early = signals.acked_bps <= 0;
  const double arrived =
      early ? signals.recent_acked_bps : std::min(signals.acked_bps * 1.1, signals.recent_acked_bps);
  const bool like_before = link_ && arrived > *link_ * 0.7 && arrived < *link_ * 1.3;
  link_ = like_before ? *link_ + kLinkGain * (arrived - *link_) : arrived;
  const double deeper = std::min(signals.queue_ms / 1000 / kDrainSeconds, kDeepestDrain);
  set(std::min(target_, arrived * std::min(kDecrease, 1 - deeper)));
  borne_bps_ = std::min(borne_bps_, target_);
}

// What arrived lately while no queue stood.
void RateControl::note_borne(const Signals& signals, double passed) {
  borne_bps_ *= 1 - kBorneForgotten * passed;
  const bool borne = signals.use != LinkUse::kOver && signals.queue_ms < kDrainedMs;
  if (!borne) return;
  borne_bps_ = std::max(borne_bps_, signals.acked_bps);
  bottleneck_.on_borne(signals.acked_bps);
}

// A short queue while less is sent than the rate allows is a key frame's, or others' packets. What the link
// bears beyond what is sent is not known any more, but that much it has borne: it is given up only if there
// is a queue when feedback tells of what was sent from now on.
void RateControl::fall_to_what_was_borne(const Signals& signals) {
  link_.reset();
  set(std::min(target_, std::max({borne_bps_, signals.acked_bps, signals.recent_acked_bps})));
}

void RateControl::drain(const Signals& signals, TimePoint now) {
  const bool heard = signals.newest_sent > decreased_;
  // A packet's own time on a slow link counts as queue against the floor of a fast one.
  const double packet_ms = kPacketBits * 1000 / target_;
  const bool empty = heard && signals.queue_ms < kDrainedMs + packet_ms;
  if (!empty && now - decreased_ < kLongestDrain) return;
  draining_ = false;
  if (empty && link_) set(std::max(target_, *link_ * share_after_drain(*link_)));
}

// What arrives without a queue is borne, whoever chose to send so much. Beyond that slowly near what the link
// took, else by a tenth per second. What is not used cannot be vouched for: then a probe has to.
void RateControl::increase(const Signals& signals, double passed) {
  if (link_ && target_ > *link_ * kLinkExceeded) link_.reset();
  const bool more = signals.acked_bps > target_ * kMoreThanAProbe;
  if (more && signals.queue_ms < kDrainedMs) return set(signals.acked_bps * kVouchedFor);
  const double most = signals.acked_bps * kAheadOfMedia + kAheadBps;
  if (target_ >= most) return;
  const double near = climb_per_second(target_);
  const double step = link_ ? near : std::max(near, kFarPerSecond * target_);
  set(std::min(target_ + step * passed, most));
}

void RateControl::on_probe(double bps, bool link_full) {
  if (draining_) return;
  if (!link_full && link_ && bps > *link_ * kLinkExceeded) link_.reset();
  if (!link_full) return set(std::max(target_, bps));
  const double found = bps * kFullProbe;
  if (found < target_ && borne_bps_ < target_ * kTried) {
    return set(target_ + kBelieved * (std::max(borne_bps_, found) - target_));
  }
  if (found < target_ * kWorthWhile) return;
  link_ = bps;
  set(found);
}

void RateControl::on_loss(double factor, TimePoint now) {
  if (factor >= 1) return;
  set(target_ * factor);
  link_.reset();
  borne_bps_ = std::min(borne_bps_, target_);
  decreased_ = now;
}

void RateControl::on_silence() { set(target_ / 2); }

}  // namespace kms::rtc
