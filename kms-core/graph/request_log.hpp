// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "kms-core/base/task.hpp"

namespace kms::graph {

// Makes creates idempotent: a call with a request id that was seen before gets the first call's answer
// instead of being done again. Bounded in number, life and bytes. Only successes are kept: after a failure
// nothing was made, and a repeated call shall try again. Any thread.
class RequestLog {
 public:
  using Clock = std::chrono::steady_clock;
  using Answer = Result<std::string>;  // a serialized response
  using Waiter = absl::AnyInvocable<void(const Answer&)>;

  struct Limits {
    size_t requests = 10000;
    std::chrono::milliseconds life{600000};
    size_t bytes = 64 << 20;  // of all answers kept
  };
  struct Key {
    std::string parent;  // first: what is forgotten together lies together
    std::string method;
    std::string request_id;
    auto operator<=>(const Key&) const = default;
  };
  explicit RequestLog(Limits limits);

  // True: the caller is the first, does the work and must call finish(); `waiter` is dropped. False: `waiter`
  // gets the first call's answer, now or when finish() is called, on the thread that calls. `body` is the
  // request's bytes. Errors: REQUEST_ID_TOO_LONG, REQUEST_ID_REUSED (the same id came with another body).
  Result<bool> begin(const Key& key, const std::string& body, Waiter waiter,
                     Clock::time_point now = Clock::now());
  void finish(const Key& key, const Answer& answer, Clock::time_point now = Clock::now());

  // A session ended: a later one of the same name must not get its answers.
  void forget(const std::string& parent);

  size_t size() const;

 private:
  struct Entry {
    std::string digest;  // of the body
    bool finished = false;
    std::string response;
    std::vector<Waiter> waiters;
    Clock::time_point expires = {};
    std::list<Key>::iterator age = {};  // in ages_, when finished
  };
  using Entries = std::map<Key, Entry>;

  void expire(Clock::time_point now);  // with mutex_ held, as the next
  void drop(Entries::iterator entry);

  const Limits limits_;
  mutable std::mutex mutex_;
  Entries entries_;
  std::list<Key> ages_;  // finished ones, oldest first
  size_t bytes_ = 0;
};

}  // namespace kms::graph
