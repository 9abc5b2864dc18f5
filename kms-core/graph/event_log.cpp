// SPDX-License-Identifier: Apache-2.0
#include "kms-core/graph/event_log.hpp"

#include <fmt/format.h>
#include <google/protobuf/util/time_util.h>

#include <utility>

namespace kms::graph {
namespace {

Status too_slow(size_t room) {
  return error(
      StatusCode::kResourceExhausted, {"SUBSCRIBER_TOO_SLOW", {}, {{"quota", std::to_string(room)}}},
      fmt::format("more than {} events waited for this reader; subscribe again with after_sequence", room));
}

Status too_many(size_t most) {
  return error(StatusCode::kResourceExhausted, {"SUBSCRIBER_QUOTA", {}, {{"quota", std::to_string(most)}}},
               fmt::format("the session has {} event streams, which is the most it may have", most));
}

Status lost(uint64_t after, uint64_t oldest) {
  return error(StatusCode::kOutOfRange, {"EVENTS_LOST", {}, {{"oldest", std::to_string(oldest)}}},
               fmt::format("events after {} are wanted, but the oldest still kept is {}", after, oldest));
}

Status no_such(uint64_t after, uint64_t newest) {
  return error(StatusCode::kOutOfRange, {"NO_SUCH_EVENT", {}, {{"newest", std::to_string(newest)}}},
               fmt::format("events after {} are wanted, but the newest so far is {}", after, newest));
}

}  // namespace

Subscription::Item Subscription::next() {
  const std::lock_guard lock(mutex_);
  if (!queue_.empty()) {
    Item item{queue_.front()};
    queue_.pop_front();
    return item;
  }
  if (ended_) return {nullptr, true, status_};
  waiting_ = true;
  return {};
}

bool Subscription::ended() const {
  const std::lock_guard lock(mutex_);
  return ended_;
}

bool Subscription::push(const EventPtr& event) {
  const std::lock_guard lock(mutex_);
  queue_.push_back(event);
  if (queue_.size() > room_) {
    queue_.clear();  // kept in the ring; a reader that never comes back must not hold them
    ended_ = true;
    status_ = too_slow(room_);
  }
  return std::exchange(waiting_, false) || ended_;
}

void Subscription::end(const Status& status) {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  status_ = status;
  waiting_ = false;
}

EventLog::EventLog(Limits limits) : limits_(limits) {}

void EventLog::append(v1::Event event) {
  Subscribers to_wake;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    event.set_sequence(++last_);
    *event.mutable_time() = google::protobuf::util::TimeUtil::GetCurrentTime();
    const auto shared = std::make_shared<const v1::Event>(std::move(event));
    ring_.push_back(shared);
    if (ring_.size() > limits_.ring) ring_.pop_front();
    to_wake = deliver(shared);
  }
  for (const auto& subscription : to_wake) subscription->wake_();
}

EventLog::Subscribers EventLog::deliver(const EventPtr& event) {
  Subscribers to_wake;
  std::erase_if(subscribers_, [&](const auto& subscription) {
    if (subscription->push(event)) to_wake.push_back(subscription);
    return subscription->ended_;  // only this thread, with mutex_ held, ever sets it
  });
  return to_wake;
}

Status EventLog::check(uint64_t after_sequence) const {
  const uint64_t oldest = last_ - ring_.size() + 1;
  if (after_sequence > last_) return no_such(after_sequence, last_);
  if (after_sequence != 0 && after_sequence + 1 < oldest) return lost(after_sequence, oldest);
  if (!closed_ && subscribers_.size() >= limits_.subscribers) return too_many(limits_.subscribers);
  return ok();
}

void EventLog::replay(uint64_t after_sequence, Subscription& subscription) const {
  const uint64_t before_ring = last_ - ring_.size();
  const auto seen = after_sequence > before_ring ? after_sequence - before_ring : 0;
  subscription.queue_.assign(ring_.begin() + static_cast<std::ptrdiff_t>(seen), ring_.end());
  subscription.room_ = limits_.queue + subscription.queue_.size();
}

Result<std::shared_ptr<Subscription>> EventLog::subscribe(uint64_t after_sequence,
                                                          absl::AnyInvocable<void()> wake) {
  const std::lock_guard lock(mutex_);
  if (auto status = check(after_sequence); !status.ok()) return status;
  auto subscription = std::make_shared<Subscription>();
  subscription->wake_ = std::move(wake);
  replay(after_sequence, *subscription);
  if (closed_) {
    subscription->end(ok());
  } else {
    subscribers_.insert(subscription);
  }
  return subscription;
}

void EventLog::unsubscribe(const std::shared_ptr<Subscription>& subscription) {
  const std::lock_guard lock(mutex_);
  subscribers_.erase(subscription);
}

void EventLog::close() {
  Subscribers to_wake;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    for (const auto& subscription : subscribers_) subscription->end(ok());
    to_wake.assign(subscribers_.begin(), subscribers_.end());
    subscribers_.clear();
  }
  for (const auto& subscription : to_wake) subscription->wake_();
}

size_t EventLog::subscribers() const {
  const std::lock_guard lock(mutex_);
  return subscribers_.size();
}

}  // namespace kms::graph
