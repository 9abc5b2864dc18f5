// SPDX-License-Identifier: Apache-2.0
#include "bench/loadtest/ice_client.hpp"

#include <algorithm>
#include <array>
#include <random>

#include "kms-core/rtc/ice/stun_writer.hpp"

namespace kms::rtc::loadtest {
namespace {

using std::chrono::milliseconds;

constexpr Duration kBetweenPairs = milliseconds(20);  // Ta
constexpr Duration kFirstPause = milliseconds(100);   // before a check is sent again; twice as long each time
constexpr Duration kLongestPause = milliseconds(1600);
constexpr Duration kConsentCheck = milliseconds(4000);
constexpr uint32_t kPriority = 0x6e0001ff;  // of a peer-reflexive candidate
constexpr size_t kLongestMessage = 600;     // with the longest ufrags there may be (256 bytes)

std::mt19937_64& random_numbers() {
  thread_local std::mt19937_64 numbers{std::random_device{}()};
  return numbers;
}

StunTransaction new_transaction() {
  StunTransaction transaction;
  for (auto& byte : transaction) byte = static_cast<uint8_t>(random_numbers()());
  return transaction;
}

}  // namespace

IceClient::IceClient(Options options, TimePoint now)
    : options_(std::move(options)),
      tie_breaker_(random_numbers()()),
      give_up_at_(now + kPatience),
      deadline_(now) {
  for (const auto& candidate : options_.candidates) {
    if (pairs_.size() == kMaxCandidates) break;
    const auto turn = static_cast<int64_t>(pairs_.size());
    pairs_.push_back({candidate, new_transaction(), now + turn * kBetweenPairs, kFirstPause});
  }
}

void IceClient::check(Pair& pair, bool nominate, TimePoint now) {
  pair.check_at = now + pair.pause;
  pair.pause = std::min(2 * pair.pause, kLongestPause);
  std::array<uint8_t, kLongestMessage> buffer;
  StunWriter writer(buffer, StunClass::kRequest, pair.transaction);
  writer.add(stun::kUsername, options_.remote.ufrag + ':' + options_.local.ufrag);
  writer.add_u32(stun::kPriority, kPriority);
  writer.add_u64(stun::kIceControlling, tie_breaker_);
  if (nominate) writer.add(stun::kUseCandidate, Bytes{});
  writer.add_integrity(options_.remote.password);
  writer.add_fingerprint();
  if (writer.size() > 0) options_.send(pair.remote, Bytes(buffer).first(writer.size()));
}

bool IceClient::become(State state) {
  const bool changed = state != state_;
  state_ = state;
  return changed;
}

void IceClient::update_deadline() {
  deadline_ = give_up_at_;
  const bool chosen = selected_ < pairs_.size();
  for (size_t i = 0; i < pairs_.size(); ++i) {
    if (!chosen || i == selected_) deadline_ = std::min(deadline_, pairs_[i].check_at);
  }
  if (state_ == State::kFailed) deadline_ = TimePoint::max();
}

bool IceClient::on_time(TimePoint now) {
  if (state_ == State::kFailed) return false;
  const bool failed = now >= give_up_at_ && become(State::kFailed);
  const bool chosen = selected_ < pairs_.size();
  for (size_t i = 0; i < pairs_.size() && !failed; ++i) {
    const bool due = now >= pairs_[i].check_at && (!chosen || i == selected_);
    if (due) check(pairs_[i], chosen, now);
  }
  update_deadline();
  return failed;
}

IceClient::Pair* IceClient::pair_at(const SocketAddress& remote) {
  const auto found = std::ranges::find(pairs_, remote, &Pair::remote);
  return found == pairs_.end() ? nullptr : &*found;
}

// A full agent checks the pair from its side as well, and wants to be answered.
void IceClient::answer(const SocketAddress& to, const StunMessage& request) const {
  if (local_ufrag_of(request) != options_.local.ufrag || !request.integrity_matches(options_.local.password))
    return;
  const auto mapped = TransportAddress::of(to.ip_bytes(), to.port());
  std::array<uint8_t, kLongestMessage> buffer;
  StunWriter writer(buffer, StunClass::kSuccess, request.transaction());
  if (mapped) writer.add_xor_mapped(*mapped);
  writer.add_integrity(options_.local.password);
  writer.add_fingerprint();
  options_.send(to, Bytes(buffer).first(writer.size()));
}

bool IceClient::on_datagram(const SocketAddress& from, Bytes datagram, TimePoint now) {
  const auto message = StunMessage::parse(datagram);
  if (!message || message->method() != stun::kBinding || state_ == State::kFailed) return false;
  if (message->message_class() == StunClass::kRequest) {
    answer(from, *message);
    return false;
  }
  auto* pair = pair_at(from);
  const bool ours = pair != nullptr && message->transaction() == pair->transaction &&
                    message->message_class() == StunClass::kSuccess &&
                    message->integrity_matches(options_.remote.password);
  const bool changed = ours && on_answer(*pair, now);
  update_deadline();
  return changed;
}

// The first answer chooses its pair, the answer to the nomination makes it the one.
bool IceClient::on_answer(Pair& pair, TimePoint now) {
  const auto index = static_cast<size_t>(&pair - pairs_.data());
  if (selected_ < pairs_.size() && index != selected_) return false;
  pair.pause = kFirstPause;
  pair.transaction = new_transaction();  // a check that is sent again keeps its own
  give_up_at_ = now + kConsentEnds;
  if (selected_ != index) {
    selected_ = index;
    check(pair, true, now);
    return false;
  }
  pair.check_at = now + kConsentCheck;
  return become(State::kConnected);
}

}  // namespace kms::rtc::loadtest
