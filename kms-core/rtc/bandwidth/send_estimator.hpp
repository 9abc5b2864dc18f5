// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "kms-core/rtc/bandwidth/acknowledged_rate.hpp"
#include "kms-core/rtc/bandwidth/delay_trend.hpp"
#include "kms-core/rtc/bandwidth/loss_bound.hpp"
#include "kms-core/rtc/bandwidth/overuse_detector.hpp"
#include "kms-core/rtc/bandwidth/own_queue.hpp"
#include "kms-core/rtc/bandwidth/pacer.hpp"
#include "kms-core/rtc/bandwidth/probe.hpp"
#include "kms-core/rtc/bandwidth/rate_control.hpp"
#include "kms-core/rtc/bandwidth/repair_budget.hpp"
#include "kms-core/rtc/bandwidth/sent_packets.hpp"
#include "kms-core/rtc/rtcp/transport_feedback_reader.hpp"
#include "kms-core/rtc/rtp/sequence_unwrapper.hpp"
#include "kms-core/rtc/wire/prefetch.hpp"

namespace kms::rtc {

// How much one peer's way bears, from the transport-cc feedback that the peer sends about what we sent it
// (draft-holmer-rmcat-transport-wide-cc-extensions-01, draft-ietf-rmcat-gcc-02). Does no I/O, asks no clock,
// and allocates only when it is made, and with a tick as the rate grows. Lives on the peer's RTC thread.
class SendEstimator {
 public:
  explicit SendEstimator(const RateLimits& limits = {}) : control_(limits) {
    repairs_.set_rate(limits.start_bps);
  }

  // Packets will go out soon.
  void expect_sending() const { prefetch(this, sizeof sent_ + sizeof pacer_ + sizeof probe_); }
  // A packet goes out, of so many bytes on the wire. Gives the number for its header extension.
  uint16_t on_sent(size_t size, TimePoint now);
  void on_feedback(TransportFeedbackReader feedback, TimePoint now);
  // Every 100 ms or more often.
  void tick(TimePoint now);

  // What would be sent if there were room. Below that, the link is probed for more; 0: never.
  void set_wanted(double bps) { wanted_ = bps; }

  // Whether a packet of so many bytes may be sent again.
  bool bears_repair(size_t size, TimePoint now) { return repairs_.take(size, now); }

  // Whether pictures may have to wait for room, since the way's bottleneck is known. What goes out while a
  // probe is sent takes the place of padding.
  bool paces() const { return pacer_.paces(); }
  bool has_room(TimePoint now) { return pacer_.has_room(now) || probe_.due(now) > 0; }
  TimePoint room_at(TimePoint now) const { return std::min(pacer_.room_at(now), probe_.due_at()); }
  Pacer& pacer() { return pacer_; }

  // A probe wants so many bytes of padding, or of packets that were sent before, to go out now, in packets of
  // some 1,000 bytes; each is told to on_sent() as all are. 0: none.
  bool is_probing() const { return probe_.is_sending(); }
  size_t padding_due(TimePoint now) const { return probe_.due(now); }
  // When to look again; TimePoint::max(): no probe is being sent.
  TimePoint padding_at() const { return probe_.due_at(); }

  double target_bps() const { return control_.target_bps(); }
  double acked_bps() const { return acked_.bps(kAckedBuckets); }
  double loss() const { return loss_.loss(); }
  double queue_ms() const { return trend_.queue_ms(); }
  // Packets have gone out for seconds, and nothing was ever heard of them: the peer does not report.
  bool never_hears(TimePoint now) const;
  uint64_t feedbacks() const { return feedbacks_; }
  uint64_t probes() const { return probes_; }

 private:
  static constexpr size_t kAckedBuckets = 20;  // 500 ms
  static constexpr size_t kRecentBuckets = 8;  // 200 ms

  struct Told {
    size_t arrived = 0;
    size_t lost = 0;
    TimePoint newest_sent{};
  };

  Told read(TransportFeedbackReader feedback);
  bool on_arrived(const SentPackets::Told& told, int64_t at);
  LinkUse use(double queue_ms, TimePoint now);
  void steer(const Told& told, TimePoint now);
  void finish_probe(TimePoint now);
  void pace(TimePoint now);
  void note_bottleneck(const Probe::Result& found, TimePoint now);
  void begin_probe(TimePoint now);

  // What a packet that goes out touches is together, see expect_sending().
  SentPackets sent_;
  Pacer pacer_;
  bool started_ = false;     // something was sent
  bool unanswered_ = false;  // something was sent since feedback came
  TimePoint started_at_{};
  TimePoint heard_{};  // feedback, or when it began to be awaited
  Probe probe_;
  SequenceUnwrapper<uint32_t> arrivals_;
  std::optional<int64_t> first_arrival_;
  DelayTrend trend_;
  OveruseDetector detector_;
  OwnQueue own_queue_;
  TimePoint not_over_{};  // when the link was last seen not to be
  AcknowledgedRate acked_;
  LossBound loss_;
  RateControl control_;
  RepairBudget repairs_;
  LinkUse use_ = LinkUse::kNormal;
  double wanted_ = 0;
  Duration response_ = std::chrono::milliseconds(200);
  TimePoint next_probe_{};
  uint64_t feedbacks_ = 0;
  uint64_t probes_ = 0;
};

}  // namespace kms::rtc
