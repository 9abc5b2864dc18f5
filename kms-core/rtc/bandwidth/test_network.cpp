// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/bandwidth/test_network.hpp"

#include <algorithm>

#include "kms-core/rtc/rtcp/rtcp_reader.hpp"

namespace kms::rtc::test {
namespace {

using namespace std::chrono_literals;

constexpr Duration kStep = 500us;
constexpr Duration kFrame = 33'333us;
constexpr int kLateFrames = 15;   // that a sender makes up for
constexpr size_t kPacket = 1100;  // bytes
constexpr double kPacing = 1.5;   // times the rate

}  // namespace

Flow::Flow(const Media& media, Carry carry, Duration back, uint32_t seed)
    : media_(media), carry_(std::move(carry)), back_(back), random_(seed) {
  estimator_.set_wanted(media.most_bps);
}

double Flow::media_bps() const {
  const double bears = std::clamp(estimator_.target_bps(), media_.least_bps, media_.most_bps);
  if (media_.layer <= 0) return bears;
  double bps = media_.layer;
  while (bps * 2 <= bears) bps *= 2;
  return bps;
}

void Flow::make_frame(TimePoint now) {
  const auto earliest = next_frame_ == TimePoint{} ? now + kFrame : now - kLateFrames * kFrame;
  next_frame_ = std::max(next_frame_ + kFrame, earliest);
  if (media_.frame) {
    backlog_ += media_.frame(estimator_, now);
    return;
  }
  const double spread = 0.7 + 0.6 * static_cast<double>(random_() % 1000) / 1000;
  const double size = frame_++ % 300 == 0 ? 3 : spread;  // a key frame now and then
  backlog_ += static_cast<size_t>(media_bps() / 30 / 8 * size);
}

void Flow::receive_until(TimePoint now) {
  receive(now);
  report(now);
}

void Flow::send_until(TimePoint now) {
  hear(now);
  if (now >= next_tick_) {
    next_tick_ = now + 50ms;
    estimator_.tick(now);
  }
  while (now >= next_frame_) make_frame(now);
  while (backlog_ > 0 && (media_.bursts || now >= next_packet_)) {
    const size_t bytes = std::min(backlog_, kPacket);
    backlog_ -= bytes;
    send(bytes, false, now);
    const std::chrono::duration<double> apart(static_cast<double>(bytes) * 8 / (kPacing * media_bps()));
    next_packet_ = std::max(next_packet_, now - kStep) + std::chrono::duration_cast<Duration>(apart);
  }
  while (now >= estimator_.padding_at() && estimator_.padding_due(now) > 0) {
    send(std::clamp(estimator_.padding_due(now), size_t{300}, kPacket), true, now);
  }
}

void Flow::send(size_t bytes, bool padding, TimePoint now) {
  const uint16_t sequence = estimator_.on_sent(bytes, now);
  if (padding) padding_bytes_ += bytes;
  for (const auto at : carry_(bytes, now)) under_way_.push({at, sequence, padding ? 0 : bytes});
}

void Flow::receive(TimePoint now) {
  while (!under_way_.empty() && under_way_.top().at <= now) {
    const auto& arrival = under_way_.top();
    const bool in_time = arrival.at > now - kStep;
    generator_.on_packet(arrival.sequence, in_time ? arrival.at : now);
    arrived_bytes_ += arrival.bytes;
    under_way_.pop();
  }
}

void Flow::report(TimePoint now) {
  if (now < next_report_) return;
  next_report_ = now + media_.feedback;
  while (generator_.has_news()) {
    std::vector<uint8_t> bytes(1200);
    bytes.resize(generator_.write({1, 2}, bytes));
    reports_.push({now + back_, std::move(bytes)});
  }
}

void Flow::hear(TimePoint now) {
  for (; !reports_.empty() && reports_.front().at <= now; reports_.pop()) {
    RtcpReader reader(reports_.front().bytes);
    const auto packet = reader.next();
    const auto feedback = packet ? TransportFeedbackReader::parse(*packet) : std::nullopt;
    if (feedback) estimator_.on_feedback(*feedback, now);
  }
}

Flow& Network::add(const Flow::Media& media) {
  const auto carry = [this](size_t bytes, TimePoint now) { return this->carry(bytes, now); };
  flows_.push_back(std::make_unique<Flow>(media, carry, weather_.delay, seed_++));
  return *flows_.back();
}

std::span<const TimePoint> Network::carry(size_t bytes, TimePoint now) {
  const auto leaves = way_.take(bytes, now);
  if (!leaves.empty()) {
    queues_.push_back(std::chrono::duration<double, std::milli>(leaves[0] - now - weather_.delay).count());
  }
  return leaves;
}

void Network::run(Duration time) {
  for (const auto end = now_ + time; now_ < end; now_ += kStep) {
    cross_owed_ += cross_bps_ / 8 * std::chrono::duration<double>(kStep).count();
    for (; cross_owed_ >= kPacket; cross_owed_ -= kPacket) way_.take(kPacket, now_);
    if (stalls_.apart > Duration{} && now_ >= stalls_at_) plan_stall();
    const bool stalled = now_ < stalls_until_;
    for (const auto& flow : flows_) {
      if (!stalled) flow->receive_until(now_);
      if (!stalled || !stalls_.of_senders) flow->send_until(now_);
    }
  }
}

void Network::set_stalls(const Stalls& stalls) {
  stalls_ = stalls;
  stalls_at_ = now_ + stalls.apart;
}

void Network::plan_stall() {
  const std::chrono::duration<double> more = stalls_.longest - stalls_.shortest;
  const std::chrono::duration<double> apart = stalls_.apart;
  const std::chrono::duration<double> until{std::uniform_real_distribution<>(0, more.count())(stall_random_)};
  const std::chrono::duration<double> next{std::exponential_distribution<>(1 / apart.count())(stall_random_)};
  stalls_until_ = stalls_at_ + stalls_.shortest + std::chrono::duration_cast<Duration>(until);
  stalls_at_ = stalls_until_ + std::chrono::duration_cast<Duration>(next);
}

double Network::take_queue_ms() {
  if (queues_.empty()) return 0;
  const auto rank = queues_.begin() + static_cast<std::ptrdiff_t>(queues_.size() * 95 / 100);
  std::nth_element(queues_.begin(), rank, queues_.end());
  const double found = *rank;
  queues_.clear();
  return found;
}

}  // namespace kms::rtc::test
