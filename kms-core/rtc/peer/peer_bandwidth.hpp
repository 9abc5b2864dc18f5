// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>

#include "kms-core/rtc/bandwidth/send_estimator.hpp"
#include "kms-core/rtc/peer/peer_consumers.hpp"
#include "kms-core/rtc/wire/prefetch.hpp"

namespace kms::rtc {

// What the way to one peer bears: from its transport-cc feedback, with probes made of packets that it has got
// already, or, where it sends none, from its REMB. Lives on the RTC thread.
class PeerBandwidth {
 public:
  explicit PeerBandwidth(PeerConsumers& consumers) : consumers_(consumers) {}

  // The peer reports on transport-wide numbers. From then on there is an estimator.
  void use_transport_cc();
  SendEstimator* estimator() const { return estimator_.get(); }

  // Feedback will come soon.
  void expect_feedback() const {
    if (estimator_) prefetch(estimator_.get(), sizeof *estimator_);
  }
  // Feedback of the peer's, whatever it says.
  void on_transport_feedback(const RtcpPacket& packet, TimePoint now);
  void on_remb(const Remb& remb, TimePoint now);

  // Every 50 ms or so. True if a probe is to be sent: then send_probe() wants calls.
  bool tick(TimePoint now);
  // Sends what is due of a probe. Gives when more will be; TimePoint::max() if none is under way.
  TimePoint send_probe(TimePoint now);

  // What would be sent if there were room.
  void set_wanted(double bps) {
    if (estimator_) estimator_->set_wanted(bps);
  }
  // What may be sent. Nothing: nobody says.
  std::optional<double> budget_bps(TimePoint now) const;
  // What is said has had time to become true.
  bool is_settled(TimePoint now) const;
  // Nothing while nothing is known.
  std::optional<double> available_bps(TimePoint now) const;

 private:
  PeerConsumers& consumers_;
  std::unique_ptr<SendEstimator> estimator_;
  TimePoint heard_at_{};  // the first feedback
  double remb_bps_ = 0;
  TimePoint remb_at_{};
};

}  // namespace kms::rtc
