// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <utility>

#include "kms-core/base/task.hpp"

namespace kms::graph {

// Items on their way to one reader: a queue bounded by what they cost. Any thread; callbacks come without a
// lock, from the thread that causes them.
template <typename Item>
class Feed {
 public:
  struct Limits {
    size_t high = 1024 * 1024;      // from here on the source should hold back, until half of it is read
    size_t most = 8 * 1024 * 1024;  // beyond, the feed ends: SUBSCRIBER_TOO_SLOW
  };
  struct Next {
    std::shared_ptr<const Item> item = {};  // null: nothing now, or the end
    bool ended = false;                     // nothing more comes: `status` says why
    Status status = ok();
  };

  explicit Feed(Limits limits) : limits_(limits) {}

  // For the source. True: it is high, for the first time since it was read down to half; on_low() tells that,
  // and the end.
  bool push(std::shared_ptr<const Item> item, size_t cost) {
    bool became_high = false;
    {
      const std::lock_guard lock(mutex_);
      if (ended_) return false;
      if (waiting_ + cost <= limits_.most) {
        queue_.push_back({std::move(item), cost});
        waiting_ += cost;
        became_high = waiting_ >= limits_.high && !std::exchange(high_, true);
      } else {
        ended_ = true;
        status_ = too_slow();
      }
    }
    call(wake_);
    if (is_ended()) call(low_);
    return became_high;
  }
  // What waits is still read.
  void end(const Status& status) {
    {
      const std::lock_guard lock(mutex_);
      if (ended_) return;
      ended_ = true;
      status_ = status;
    }
    call(wake_);
    call(low_);
  }
  bool is_high() const {
    const std::lock_guard lock(mutex_);
    return high_ && !ended_;
  }
  bool is_ended() const {
    const std::lock_guard lock(mutex_);
    return ended_;
  }
  // Of the one that does not read: for end().
  static Status too_slow() {
    return error(StatusCode::kResourceExhausted, "SUBSCRIBER_TOO_SLOW",
                 "what waited here was not read in time");
  }

  // For the reader.
  Next next() {
    Next out;
    bool became_low = false;
    {
      const std::lock_guard lock(mutex_);
      if (queue_.empty()) return {nullptr, ended_, status_};
      out.item = std::move(queue_.front().item);
      waiting_ -= queue_.front().cost;
      queue_.pop_front();
      became_low = waiting_ <= limits_.high / 2 && std::exchange(high_, false);
    }
    if (became_low) call(low_);
    return out;
  }

  // Each once, before the other side begins. on_wake: next() may have something; on_low: see push().
  void on_wake(Task task) { set(wake_, std::move(task)); }
  void on_low(Task task) { set(low_, std::move(task)); }

 private:
  struct Waiting {
    std::shared_ptr<const Item> item;
    size_t cost;
  };
  using Callback = std::shared_ptr<Task>;

  void set(Callback& callback, Task task) {
    const std::lock_guard lock(mutex_);
    callback = std::make_shared<Task>(std::move(task));
  }
  void call(const Callback& callback) {
    Callback kept;
    {
      const std::lock_guard lock(mutex_);
      kept = callback;
    }
    if (kept) (*kept)();
  }

  const Limits limits_;
  mutable std::mutex mutex_;
  std::deque<Waiting> queue_;  // guarded by mutex_, as all below
  size_t waiting_ = 0;
  bool high_ = false;
  bool ended_ = false;
  Status status_;
  Callback wake_;
  Callback low_;
};

}  // namespace kms::graph
