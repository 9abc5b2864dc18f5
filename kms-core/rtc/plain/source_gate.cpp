// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/plain/source_gate.hpp"

#include <algorithm>
#include <utility>

namespace kms::rtc {

void SourceGate::describe(const std::optional<SocketAddress>& remote, TimePoint now) {
  const bool goes_on = described_ == remote && current_ && now - current_->at <= kSilence;
  described_ = remote;
  proved_ = proved_ && goes_on;
  told_ = false;
  if (current_) current_->length = 0;
  learn_until_ = now + kLearnTime;
}

void SourceGate::follow(std::optional<Run>& run, const Sign& sign, TimePoint now) {
  const bool goes_on = run && run->last.from == sign.from && run->last.ssrc == sign.ssrc &&
                       static_cast<uint16_t>(run->last.sequence + 1) == sign.sequence;
  run = Run{sign, goes_on ? std::min(run->length + 1, kProof) : 1, now};
}

void SourceGate::let_take_over(const Sign& sign, TimePoint now) {
  current_ = std::exchange(rival_, std::nullopt);
  if (!current_ || current_->last.from != sign.from) current_ = Run{sign, 0, now};
  // The packet at hand is yet to be found good, which counts it.
  current_->length = std::max(0, current_->length - 1);
  current_->last.sequence = static_cast<uint16_t>(sign.sequence - 1);
  current_address_ = sign.from;
  proved_ = told_ = false;
}

bool SourceGate::admits(const Sign& sign, TimePoint now) {
  if (current_ && current_->last.from == sign.from) return true;
  if (!current_ || described_ == sign.from) {
    let_take_over(sign, now);
    return true;
  }
  const bool is_silent = now - current_->at > kSilence;
  if (proved_ && !is_silent) return false;
  follow(rival_, sign, now);
  if (rival_->length < kProof) return false;
  let_take_over(sign, now);
  return true;
}

bool SourceGate::on_good(const Sign& sign, TimePoint now) {
  if (current_ && current_->last.from != sign.from) current_.reset();
  follow(current_, sign, now);
  current_address_ = sign.from;
  if (told_ || current_->length < kProof) return false;
  proved_ = told_ = true;
  return may_learn(now);
}

void SourceGate::on_goodbye() {
  current_.reset();
  rival_.reset();
  proved_ = false;
}

bool SourceGate::admits_rtcp(const SocketAddress& from) const {
  const auto same_host = [&](const std::optional<SocketAddress>& known) {
    return known && known->with_port(from.port()) == from;
  };
  return same_host(current_address_) || same_host(described_);
}

}  // namespace kms::rtc
