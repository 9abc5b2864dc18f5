// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "kms-core/base/task.hpp"
#include "kms/v1/event.pb.h"

namespace kms::graph {

using EventPtr = std::shared_ptr<const v1::Event>;

// One reader of a session's events: a bounded queue. Any thread.
class Subscription {
 public:
  struct Item {
    EventPtr event;      // null: nothing now, or the end
    bool ended = false;  // no more events: `status` says why (OK after SessionClosed)
    Status status = ok();
  };
  Item next();
  // No more events come than those that wait.
  bool ended() const;

 private:
  friend class EventLog;
  bool push(const EventPtr& event);  // true: the reader must be woken
  void end(const Status& status);    // it must be woken

  mutable std::mutex mutex_;
  std::deque<EventPtr> queue_;  // guarded by mutex_, as all below
  size_t room_ = 0;             // longest queue
  bool waiting_ = false;        // next() had nothing and nobody was woken since
  bool ended_ = false;
  Status status_;
  absl::AnyInvocable<void()> wake_;  // called without lock, from the thread that appended
};

// A session's events: numbered, kept in a ring for those who come back, handed to the subscribers. Any
// thread.
class EventLog {
 public:
  struct Limits {
    size_t ring = 1000;   // events kept for resuming
    size_t queue = 1000;  // events waiting for one subscriber
    size_t subscribers = 16;
  };
  explicit EventLog(Limits limits);

  // Gives the event its sequence number and time. Never waits for a reader: one whose queue is full is ended
  // with RESOURCE_EXHAUSTED/SUBSCRIBER_TOO_SLOW; it may come back for what it has not seen. Ignored once
  // closed.
  void append(v1::Event event);

  // All events after `after_sequence` that the ring still has, then new ones. `wake` is called whenever
  // next() may have something after it had nothing, and when the subscription ends; it may be called once
  // more after unsubscribe(). Errors: EVENTS_LOST, NO_SUCH_EVENT, SUBSCRIBER_QUOTA.
  Result<std::shared_ptr<Subscription>> subscribe(uint64_t after_sequence, absl::AnyInvocable<void()> wake);
  void unsubscribe(const std::shared_ptr<Subscription>& subscription);

  // After the last event: every subscriber ends with OK when it has read all.
  void close();

  size_t subscribers() const;

 private:
  using Subscribers = std::vector<std::shared_ptr<Subscription>>;
  Status check(uint64_t after_sequence) const;  // with mutex_ held, as the next two
  void replay(uint64_t after_sequence, Subscription& subscription) const;
  Subscribers deliver(const EventPtr& event);

  const Limits limits_;
  mutable std::mutex mutex_;
  std::deque<EventPtr> ring_;
  uint64_t last_ = 0;
  bool closed_ = false;
  std::set<std::shared_ptr<Subscription>> subscribers_;
};

}  // namespace kms::graph
