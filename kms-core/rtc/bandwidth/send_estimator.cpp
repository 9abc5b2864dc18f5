// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/bandwidth/send_estimator.hpp"

#include <algorithm>

namespace kms::rtc {
namespace {

constexpr double kTickMs = 0.25;
constexpr Duration kSilence = std::chrono::milliseconds(1500);
constexpr Duration kFeedbackPatience = std::chrono::seconds(3);
constexpr Duration kProbeInterval = std::chrono::milliseconds(1500);
// By one more of these each time, seven in turn: at even distances all come between others' pictures, or
// none.
constexpr Duration kPhase = std::chrono::milliseconds(23);
constexpr int kPhases = 7;
constexpr Duration kAfterRise = std::chrono::seconds(1);
constexpr double kFirstProbe = 3;  // times the rate
constexpr double kProbe = 2;
constexpr double kEnough = 0.95;  // of what is wanted
constexpr double kProbeQueueMs = 20;
constexpr double kProbePacketBits = 1200 * 8;
constexpr double kProbeLoss = 0.15;
constexpr double kProbeSeconds = 0.12;  // of the present rate: at worst the queue that a probe makes
constexpr double kProbesQueueMs = 100;
constexpr Duration kOwnLasts = std::chrono::milliseconds(600);
constexpr double kFullAsked = 0.9;  // of what it asked for
constexpr double kAheadOfAcked = 1.1;
constexpr double kLead = 1.1;  // over what is wanted

double milliseconds(TimePoint time) {
  return std::chrono::duration<double, std::milli>(time.time_since_epoch()).count();
}

}  // namespace

uint16_t SendEstimator::on_sent(size_t size, TimePoint now) {
  const auto number = sent_.add(size, probe_.cluster(), now);
  if (!unanswered_) heard_ = now;
  unanswered_ = true;
  if (!started_) started_at_ = now;
  started_ = true;
  probe_.on_sent(size, now);
  pacer_.on_sent(size);
  return number;
}

void SendEstimator::on_feedback(TransportFeedbackReader feedback, TimePoint now) {
  ++feedbacks_;
  const Told told = read(feedback);
  if (told.arrived + told.lost == 0) return;
  heard_ = now;
  unanswered_ = false;
  steer(told, now);
  finish_probe(now);
  repairs_.set_rate(control_.target_bps());
  pace(now);
}

SendEstimator::Told SendEstimator::read(TransportFeedbackReader feedback) {
  Told told;
  while (const auto status = feedback.next()) {
    if (!status->arrival) {
      const auto packet = sent_.lost(status->sequence);
      if (!packet) continue;
      ++told.lost;
      probe_.on_lost(*packet);
      continue;
    }
    const auto packet = sent_.arrived(status->sequence);
    if (!packet) continue;
    told.newest_sent = std::max(told.newest_sent, packet->packet.sent_at);
    told.arrived += on_arrived(*packet, arrivals_.unwrap(static_cast<uint32_t>(*status->arrival))) ? 1 : 0;
  }
  return told;
}

// False if it was told of as lost already.
bool SendEstimator::on_arrived(const SentPackets::Told& told, int64_t at) {
  if (!first_arrival_) first_arrival_ = at;
  const double sent_ms = milliseconds(told.packet.sent_at);
  trend_.on_arrival(sent_ms, static_cast<double>(at - *first_arrival_) * kTickMs - sent_ms);
  acked_.on_arrival(at, told.packet.size);
  probe_.on_arrived(told.packet, at);
  own_queue_.on_sent(told.packet.sent_at, told.packet.size, control_.target_bps());
  return !told.was_lost;
}

// A queue that we made ourselves is waited for, as long as it may take (kOwnLasts). A probe's result says
// what its own means.
LinkUse SendEstimator::use(double queue_ms, TimePoint now) {
  const LinkUse seen = detector_.update({trend_.growth_ms(), queue_ms}, now);
  if (seen != LinkUse::kOver) {
    not_over_ = now;
    return seen;
  }
  const bool of_probe = probe_.is_under_way() && queue_ms < kProbesQueueMs;
  const bool own = own_queue_.explains(queue_ms, control_.target_bps()) && now - not_over_ < kOwnLasts;
  return of_probe || own ? LinkUse::kUnder : seen;
}

void SendEstimator::steer(const Told& told, TimePoint now) {
  if (told.arrived > 0) response_ = (response_ * 7 + (now - told.newest_sent)) / 8;
  const double queue = trend_.queue_ms();
  use_ = use(queue, now);
  const double before = control_.target_bps();
  control_.update({use_, queue, acked_.bps(kAckedBuckets), acked_.bps(kRecentBuckets), told.newest_sent},
                  now);
  if (control_.target_bps() < before) trend_.restart(milliseconds(now));
  control_.on_loss(loss_.update(told.lost, told.arrived, now), now);
}

void SendEstimator::finish_probe(TimePoint now) {
  const bool awaited = probe_.is_under_way();
  const auto result = probe_.take_result(now);
  if (!awaited || probe_.is_under_way()) return;
  next_probe_ = now + kProbeInterval + static_cast<int>(probes_ % kPhases) * kPhase;
  if (!result) return;
  note_bottleneck(*result, now);
  const double before = control_.target_bps();
  control_.on_probe(result->bps, result->link_full);
  if (control_.target_bps() <= before) return;
  next_probe_ = result->link_full ? now + kAfterRise : now;
}

// As fast as the bottleneck takes it: faster fills its queue and brings nothing there sooner. What is thought
// too little of it must not hold up for ever what flows through.
void SendEstimator::pace(TimePoint now) {
  const double bps = control_.bottleneck().bps(now);
  pacer_.set_rate(bps > 0 ? std::max(bps, acked_bps() * kAheadOfAcked) : 0);
}

// Packets that were sent in less time than was wanted arrive more slowly than that, and still fast enough.
void SendEstimator::note_bottleneck(const Probe::Result& found, TimePoint now) {
  auto& bottleneck = control_.bottleneck();
  const bool full = found.link_full && found.bps < kFullAsked * found.asked_bps;
  full ? bottleneck.on_full(found.bps, now) : bottleneck.on_borne(found.bps);
}

void SendEstimator::begin_probe(TimePoint now) {
  const double target = control_.target_bps();
  if (!started_ || probe_.is_under_way() || now < next_probe_ || target >= wanted_ * kEnough) return;
  if (pacer_.is_waited_for()) return;
  const double short_ms = kProbeQueueMs + kProbePacketBits * 1000 / target;
  const bool clear = control_.is_calm() && use_ == LinkUse::kNormal && trend_.queue_ms() < short_ms;
  if (!clear || loss_.loss() > loss_.usual() + kProbeLoss) return;
  const double factor = probes_ == 0 ? kFirstProbe : kProbe;
  ++probes_;
  probe_.begin(std::min(target * factor, wanted_ * kLead), target * factor * kProbeSeconds / 8, now);
}

bool SendEstimator::never_hears(TimePoint now) const {
  return started_ && feedbacks_ == 0 && now - started_at_ > kFeedbackPatience;
}

void SendEstimator::tick(TimePoint now) {
  sent_.make_room(now);
  finish_probe(now);
  pace(now);
  begin_probe(now);
  const Duration patience = kSilence + response_ * 2;
  if (!unanswered_ || now - heard_ < patience) return;
  heard_ = now;
  control_.on_silence();
}

}  // namespace kms::rtc
