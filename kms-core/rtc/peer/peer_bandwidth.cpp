// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/peer/peer_bandwidth.hpp"

#include <algorithm>

namespace kms::rtc {
namespace {

constexpr Duration kMeasure = std::chrono::seconds(1);
constexpr Duration kRembLasts = std::chrono::seconds(10);  // browsers repeat it every second
// Of what is sent, for a key frame and whatever comes next; beyond it there is nothing to find room for.
constexpr double kRoomWanted = 1.5;
constexpr size_t kMostAtOnce = 10'000;  // bytes of padding: a late turn does not make up for all it missed

}  // namespace

void PeerBandwidth::use_transport_cc() {
  if (!estimator_) estimator_ = std::make_unique<SendEstimator>();
}

void PeerBandwidth::on_transport_feedback(const RtcpPacket& packet, TimePoint now) {
  const auto feedback = estimator_ ? TransportFeedbackReader::parse(packet) : std::nullopt;
  if (feedback) estimator_->on_feedback(*feedback, now);
}

void PeerBandwidth::on_remb(const Remb& remb, TimePoint now) {
  const RateLimits limits;
  remb_bps_ = std::clamp(static_cast<double>(remb.bitrate_bps), limits.least_bps, limits.most_bps);
  remb_at_ = now;
}

bool PeerBandwidth::tick(TimePoint now) {
  if (!estimator_) return false;
  measure(now);
  estimator_->tick(now);
  return estimator_->is_probing();
}

void PeerBandwidth::measure(TimePoint now) {
  if (now - measured_at_ < kMeasure) return;
  const uint64_t bytes = consumers_.source_bytes();
  const double seconds = std::chrono::duration<double>(now - measured_at_).count();
  const bool comparable = measured_at_ != TimePoint{} && bytes >= measured_bytes_;
  if (comparable) {
    estimator_->set_wanted(kRoomWanted * 8 * static_cast<double>(bytes - measured_bytes_) / seconds);
  }
  measured_bytes_ = bytes;
  measured_at_ = now;
}

TimePoint PeerBandwidth::send_probe(TimePoint now) {
  if (!estimator_ || !estimator_->is_probing()) return TimePoint::max();
  const size_t due = std::min(estimator_->padding_due(now), kMostAtOnce);
  if (due > 0 && consumers_.send_padding(due) == 0) return TimePoint::max();  // there is nothing to send
  return estimator_->padding_at();
}

std::optional<double> PeerBandwidth::available_bps(TimePoint now) const {
  if (estimator_ && estimator_->feedbacks() > 0) return estimator_->target_bps();
  if (remb_bps_ > 0 && now - remb_at_ < kRembLasts) return remb_bps_;
  return std::nullopt;
}

}  // namespace kms::rtc
