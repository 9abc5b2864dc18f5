// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/forwarding/waiting_consumers.hpp"

#include <algorithm>

#include "kms-core/rtc/bandwidth/send_estimator.hpp"
#include "kms-core/rtc/forwarding/fanout.hpp"

namespace kms::rtc {
namespace {

// Each wake-up costs as much as some packets.
constexpr std::chrono::milliseconds kInterval{5};
constexpr std::chrono::milliseconds kLongest{20};  // what waits too long is noticed

}  // namespace

// In a round each has one turn, and perhaps another one behind the others.
void WaitingConsumers::join() {
  if (turns_.capacity() < ++joined_ * 2) turns_.reserve(joined_ * 4);
}

void WaitingConsumers::add(Fanout& fanout, ConsumerId id, SendEstimator& estimator, uint64_t until) {
  turns_.push_back({&fanout, id, &estimator, until});
  estimator.pacer().begin_wait();
}

void WaitingConsumers::remove(const Fanout& fanout, ConsumerId id) {
  const auto found = std::ranges::find_if(turns_, [&](const Turn& turn) { return turn.is(fanout, id); });
  if (found == turns_.end()) return;
  found->estimator->pacer().end_wait();
  turns_.erase(found);
}

void WaitingConsumers::rename(const Fanout& fanout, ConsumerId id, ConsumerId to) {
  for (auto& turn : turns_) {
    if (turn.is(fanout, id)) turn.id = to;
  }
}

TimePoint WaitingConsumers::send(TimePoint now) {
  auto next = TimePoint::max();
  size_t left = 0;
  for (size_t i = 0; i < turns_.size(); ++i) {
    auto turn = turns_[i];
    const bool has_sent = turn.fanout->send_waiting(turn.id, turn.until, now);
    if (has_sent && !turn.fanout->waits(turn.id)) {
      turn.estimator->pacer().end_wait();
    } else if (has_sent) {
      turn.until = turn.fanout->end();
      turns_.push_back(turn);
    } else {
      next = std::min(next, std::clamp(turn.estimator->room_at(now), now + kInterval, now + kLongest));
      turns_[left++] = turn;
    }
  }
  turns_.resize(left);
  return next;
}

}  // namespace kms::rtc
