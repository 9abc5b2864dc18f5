// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/epoll.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "kms-core/base/status.hpp"
#include "kms-core/rtc/net/unique_fd.hpp"
#include "kms-core/rtc/wire/clock.hpp"

namespace kms::rtc {

// An epoll loop with a mailbox. run() belongs to one thread; post(), wake() and stop() to any.
class EventLoop {
 public:
  using Task = std::function<void()>;
  using FdHandler = std::function<void(uint32_t events)>;
  // Called at the end of each turn, after sockets and mailbox. Gives the time of the next turn at the latest.
  using TurnEnd = std::function<TimePoint(TimePoint now)>;

  static Result<std::unique_ptr<EventLoop>> create();

  // Runs `task` on the loop's thread. False, and the task is dropped, once the loop has been told to stop.
  bool post(Task task);
  // Makes the loop take a turn soon; costs a system call only if the loop sleeps.
  void wake();
  void stop();

  // On the loop's thread, or before run(). `handler` may unwatch its own descriptor.
  Status watch(int fd, uint32_t events, FdHandler handler);
  void change(int fd, uint32_t events);
  void unwatch(int fd);

  void run(const TurnEnd& turn_end);

 private:
  EventLoop(UniqueFd epoll, UniqueFd event);
  void sleep_until(TimePoint until);
  void dispatch(int count);
  void run_mailbox();

  UniqueFd epoll_;
  UniqueFd event_;
  std::atomic<bool> asleep_ = false;
  std::atomic<bool> pending_ = false;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  bool closed_ = false;        // guarded by mutex_
  std::vector<Task> mailbox_;  // guarded by mutex_
  std::vector<Task> running_;
  std::unordered_map<int, std::shared_ptr<FdHandler>> handlers_;
  std::vector<epoll_event> events_;
};

}  // namespace kms::rtc
