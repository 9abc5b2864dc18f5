// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/peer/peer_bandwidth.hpp"

#include <algorithm>

namespace kms::rtc {
namespace {

constexpr Duration kRembLasts = std::chrono::seconds(10);  // browsers repeat it every second
constexpr Duration kSettles = std::chrono::seconds(4);
constexpr size_t kMostAtOnce = 10'000;  // bytes of padding: a late turn does not make up for all it missed

}  // namespace

void PeerBandwidth::use_transport_cc() {
  if (!estimator_) estimator_ = std::make_unique<SendEstimator>();
}

void PeerBandwidth::on_transport_feedback(const RtcpPacket& packet, TimePoint now) {
  const auto feedback = estimator_ ? TransportFeedbackReader::parse(packet) : std::nullopt;
  if (!feedback) return;
  if (heard_at_ == TimePoint{}) heard_at_ = now;
  estimator_->on_feedback(*feedback, now);
}

void PeerBandwidth::on_remb(const Remb& remb, TimePoint now) {
  const RateLimits limits;
  remb_bps_ = std::clamp(static_cast<double>(remb.bitrate_bps), limits.least_bps, limits.most_bps);
  remb_at_ = now;
}

bool PeerBandwidth::tick(TimePoint now) {
  if (!estimator_) return false;
  estimator_->tick(now);
  return estimator_->is_probing();
}

TimePoint PeerBandwidth::send_probe(TimePoint now) {
  if (!estimator_ || !estimator_->is_probing()) return TimePoint::max();
  if (estimator_->pacer().is_waited_for()) return std::max(estimator_->padding_at(), now);
  const size_t due = std::min(estimator_->padding_due(now), kMostAtOnce);
  if (due > 0 && consumers_.send_padding(due) == 0) return TimePoint::max();  // there is nothing to send
  return estimator_->padding_at();
}

// An estimator that has heard nothing yet is careful; a peer that never reports gets what there is.
std::optional<double> PeerBandwidth::budget_bps(TimePoint now) const {
  const bool reports = estimator_ && !estimator_->never_hears(now);
  return reports ? std::optional(estimator_->target_bps()) : available_bps(now);
}

bool PeerBandwidth::is_settled(TimePoint now) const {
  if (!estimator_ || estimator_->never_hears(now)) return true;
  return heard_at_ != TimePoint{} && now - heard_at_ >= kSettles;
}

std::optional<double> PeerBandwidth::available_bps(TimePoint now) const {
  if (estimator_ && estimator_->feedbacks() > 0) return estimator_->target_bps();
  if (remb_bps_ > 0 && now - remb_at_ < kRembLasts) return remb_bps_;
  return std::nullopt;
}

}  // namespace kms::rtc
