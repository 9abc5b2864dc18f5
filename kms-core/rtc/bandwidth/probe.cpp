// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/bandwidth/probe.hpp"

#include <algorithm>

namespace kms::rtc {
namespace {

constexpr double kSeconds = 0.03;
constexpr double kLeastBytes = 4000;
constexpr size_t kLeastPackets = 5;
constexpr size_t kLeastArrived = 4;
constexpr double kAhead = 1000;  // bytes: a packet goes out at once
constexpr Duration kLongestProbe = std::chrono::milliseconds(300);
constexpr Duration kProbePatience = std::chrono::seconds(1);
constexpr double kFull = 0.9;
constexpr double kTick = 0.00025;
constexpr double kHeldUp = 0.5;

}  // namespace

void Probe::begin(double bps, double most_bytes, TimePoint now) {
  const auto number = static_cast<uint8_t>(number_ == UINT8_MAX ? 1 : number_ + 1);
  *this = {};
  number_ = number;
  state_ = State::kSending;
  bps_ = bps;
  bytes_ = std::max(std::min(bps * kSeconds / 8, most_bytes), kLeastBytes);
  began_ = now;
}

size_t Probe::due(TimePoint now) const {
  if (!is_sending()) return 0;
  const double passed = std::chrono::duration<double>(now - began_).count();
  const double until_now = std::min(bps_ * passed / 8 + kAhead, bytes_ + kAhead);
  const double missing = until_now - static_cast<double>(sent_bytes_);
  return missing > 0 ? static_cast<size_t>(missing) : 0;
}

TimePoint Probe::due_at() const {
  if (!is_sending()) return TimePoint::max();
  const double ahead = std::max(static_cast<double>(sent_bytes_) - kAhead, 0.0) * 8 / bps_;
  const std::chrono::duration<double> wait(ahead);
  return began_ + std::chrono::duration_cast<Duration>(wait) + std::chrono::microseconds(1);
}

void Probe::on_sent(size_t size, TimePoint now) {
  if (!is_sending()) return;
  ++sent_;
  sent_bytes_ += size;
  ended_ = now;
  if (static_cast<double>(sent_bytes_) >= bytes_ && sent_ >= kLeastPackets) state_ = State::kAwaited;
}

void Probe::on_arrived(const SentPacket& packet, int64_t at) {
  if (!is_mine(packet)) return;
  ++told_;
  if (arrived_++ == 0) {
    first_sent_ = packet.sent_at;
    first_at_ = at;
  } else {
    bytes_between_ += lost_bytes_ + packet.size;
  }
  lost_bytes_ = 0;
  last_sent_ = packet.sent_at;
  last_at_ = std::max(arrived_ == 1 ? at : last_at_, at);
}

void Probe::on_lost(const SentPacket& packet) {
  if (!is_mine(packet)) return;
  ++told_;
  if (arrived_ > 0) lost_bytes_ += packet.size;
}

std::optional<Probe::Result> Probe::take_result(TimePoint now) {
  if (state_ == State::kSending && now - began_ > kLongestProbe) {
    state_ = State::kAwaited;
    ended_ = now;
  }
  if (state_ != State::kAwaited) return std::nullopt;
  if (told_ < sent_ && now - ended_ < kProbePatience) return std::nullopt;
  state_ = State::kNone;
  return result();
}

// Bytes that were lost on the way passed as far as can be known: losses of radio would halve what a link is
// thought to bear. Where much was lost, the link's queue ran over. What came in half the time that it was
// sent in had been held up together, and says nothing of the link.
std::optional<Probe::Result> Probe::result() const {
  if (arrived_ < kLeastArrived) return std::nullopt;
  const double bits = static_cast<double>(bytes_between_) * 8;
  const double sending = std::chrono::duration<double>(last_sent_ - first_sent_).count();
  const double arriving = static_cast<double>(last_at_ - first_at_) * kTick;
  if (sending <= 0 || arriving < sending * kHeldUp) return std::nullopt;
  const double sent = bits / sending;
  const double arrived = bits / std::max(arriving, kTick);
  const bool ran_over = arrived_ * 10 < sent_ * 7;
  return Result{std::min({sent, arrived, bps_ * 1.1}), ran_over || arrived < kFull * sent, bps_};
}

}  // namespace kms::rtc
