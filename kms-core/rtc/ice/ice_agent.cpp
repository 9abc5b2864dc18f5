// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/ice/ice_agent.hpp"

#include <algorithm>
#include <utility>

#include "kms-core/rtc/ice/stun_writer.hpp"

namespace kms::rtc {
namespace {

struct Refusal {
  int code;
  std::string_view reason;
};

Refusal refusal_of(IceVerdict verdict) {
  switch (verdict) {
    case IceVerdict::kBadRequest:
      return {400, "Bad Request"};
    case IceVerdict::kUnknownAttribute:
      return {420, "Unknown Attribute"};
    case IceVerdict::kRoleConflict:
      return {487, "Role Conflict"};
    default:
      return {401, "Unauthenticated"};
  }
}

// Replies are authenticated once the request was (RFC 8489 section 9.1.3).
bool is_authenticated(IceVerdict verdict) {
  return verdict != IceVerdict::kBadRequest && verdict != IceVerdict::kUnauthorized;
}

}  // namespace

IceAgent::IceAgent(IceCredentials local, TimePoint now, const SilenceLimits& limits)
    : disconnected_after_(limits.declared_disconnected()),
      failed_after_(limits.failed),
      local_(std::move(local)),
      checked_at_(now) {}

const IceCredentials* IceAgent::credentials_of(std::string_view ufrag) const {
  if (ufrag == local_.ufrag) return &local_;
  if (offered_ && ufrag == offered_->ufrag) return &*offered_;
  const auto found = std::ranges::find(earlier_, ufrag, &IceCredentials::ufrag);
  return found == earlier_.end() ? nullptr : &*found;
}

IceVerdict IceAgent::judge(const StunMessage& message, const IceCredentials* credentials) const {
  if (!message.has_integrity() || !message.username()) return IceVerdict::kBadRequest;
  if (!credentials || !message.integrity_matches(credentials->password)) return IceVerdict::kUnauthorized;
  if (!message.unknown_required().empty()) return IceVerdict::kUnknownAttribute;
  if (!message.priority()) return IceVerdict::kBadRequest;
  if (message.controlled()) return IceVerdict::kRoleConflict;
  return IceVerdict::kAnswered;
}

IceOutcome IceAgent::on_message(const StunMessage& message, const TransportAddress& from, TimePoint now,
                                MutableBytes reply) {
  const bool is_check = message.message_class() == StunClass::kRequest && message.method() == stun::kBinding;
  if (!is_check || state_ == IceState::kFailed) return {};
  const auto* credentials = credentials_of(local_ufrag_of(message).value_or(""));
  IceOutcome outcome;
  outcome.verdict = judge(message, credentials);
  const bool answered = outcome.verdict == IceVerdict::kAnswered;
  StunWriter writer(reply, answered ? StunClass::kSuccess : StunClass::kError, message.transaction());
  if (answered) {
    writer.add_xor_mapped(from);
  } else {
    const auto refusal = refusal_of(outcome.verdict);
    writer.add_error(refusal.code, refusal.reason);
    if (outcome.verdict == IceVerdict::kUnknownAttribute) writer.add_unknown(message.unknown_required());
  }
  if (credentials && is_authenticated(outcome.verdict)) writer.add_integrity(credentials->password);
  writer.add_fingerprint();
  outcome.reply_size = writer.size();
  if (answered) accept(message, from, now, outcome);
  return outcome;
}

void IceAgent::accept(const StunMessage& message, const TransportAddress& from, TimePoint now,
                      IceOutcome& outcome) {
  auto change = paths_.note(from, now);
  outcome.path_added = change.added;
  outcome.path_removed = change.removed;
  if (should_select(message, from, now)) outcome.path_selected = paths_.select(from);
  nominated_ = nominated_ || message.use_candidate();
  end_restart(message);
  checked_at_ = now;
  outcome.state_changed = state_ != IceState::kConnected;
  state_ = IceState::kConnected;
}

// Browsers nominate one pair after the other with a lite agent, and the best of those counts (RFC 8445
// section 8.1.1): what works over UDP is not given up for TCP.
bool IceAgent::should_select(const StunMessage& message, const TransportAddress& from, TimePoint now) const {
  const auto checked_at = paths_.selected_checked_at();
  if (!checked_at) return true;
  const auto silence = now - *checked_at;
  if (!message.use_candidate()) return silence >= disconnected_after_;
  const bool worse = from.protocol == IpProtocol::kTcp && selected()->protocol == IpProtocol::kUdp;
  return !worse || silence >= kUdpPreferredFor;
}

// What is before the credentials of a nomination is over.
void IceAgent::end_restart(const StunMessage& message) {
  if (!message.use_candidate()) return;
  const auto ufrag = local_ufrag_of(message).value_or("");
  if (ufrag == local_.ufrag) return earlier_.clear();
  const auto used = std::ranges::find(earlier_, ufrag, &IceCredentials::ufrag);
  if (used != earlier_.end()) earlier_.erase(earlier_.begin(), used);
}

bool IceAgent::follow(const TransportAddress& from) {
  return !nominated_ && paths_.contains(from) && paths_.select(from);
}

void IceAgent::restart(IceCredentials local, TimePoint now) {
  earlier_.push_back(std::exchange(local_, std::move(local)));
  if (earlier_.size() > kMaxEarlier) earlier_.erase(earlier_.begin() + 1);
  checked_at_ = now;
  nominated_ = false;
  if (state_ == IceState::kFailed) state_ = IceState::kNew;
}

IceOutcome IceAgent::remove_path(const TransportAddress& address, TimePoint now) {
  const bool was_selected = selected() == address;
  paths_.remove(address);
  IceOutcome outcome;
  if (!was_selected) return outcome;
  const auto other = paths_.latest(now - disconnected_after_);
  if (other) outcome.path_selected = paths_.select(*other);
  if (other || state_ != IceState::kConnected) return outcome;
  state_ = IceState::kDisconnected;
  outcome.state_changed = true;
  return outcome;
}

bool IceAgent::on_timer(TimePoint now) {
  const auto silence = now - checked_at_;
  auto state = state_;
  if (silence >= failed_after_) {
    state = IceState::kFailed;
  } else if (silence >= disconnected_after_ && state_ == IceState::kConnected) {
    state = IceState::kDisconnected;
  }
  return std::exchange(state_, state) != state;
}

TimePoint IceAgent::deadline() const {
  if (state_ == IceState::kFailed) return TimePoint::max();
  return checked_at_ + (state_ == IceState::kConnected ? disconnected_after_ : failed_after_);
}

}  // namespace kms::rtc
