// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "kms-core/base/task.hpp"

namespace kms {

// Threads for calls that can block: state changes, seeks, opening files. A call that never returns keeps its
// thread; as soon as none is idle a further one is started, up to the limit, so that one hanging file does
// not hold up the others.
class WorkerPool {
 public:
  struct Limits {
    unsigned kept = 2;   // threads that are there from the start, and stay when there is nothing to do
    unsigned most = 64;  // never more
    std::chrono::milliseconds idle_life{5000};  // of a further thread without work
  };
  explicit WorkerPool(Limits limits);
  ~WorkerPool();  // runs what is queued, then joins every thread
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Runs `task` on some thread. Any thread; returns at once.
  void run(Task task);

  // Runs `task` as soon as no other runs or waits: never, while a call hangs. One at a time. Any thread.
  void when_idle(Task task);

  // `kept` again, soon after the last burst, however much a few threads have to do since then.
  unsigned threads() const;

 private:
  using Threads = std::list<std::thread>;
  // A thread without work. The one that has been so for the shortest time is woken first, so that those that
  // are too many have nothing to do for long, and end.
  struct Sleeper {
    std::condition_variable wake;
    bool called = false;
  };
  // With mutex_ held:
  void start_thread();
  void call_one();
  bool await_call(std::unique_lock<std::mutex>& lock);  // false: nothing came in `idle_life`

  void work(Threads::iterator self);

  const Limits limits_;
  mutable std::mutex mutex_;
  std::condition_variable gone_;
  std::vector<Sleeper*> sleepers_;  // the latest at the end
  std::deque<Task> queue_;
  Task when_idle_;
  Threads running_;
  Threads ended_;      // at most one, which the next to end joins, or the destructor
  unsigned idle_ = 0;  // that look at the queue next: sleeping, called or just begun
  bool stopping_ = false;
};

// Runs tasks one after the other on a pool, whatever its number of threads: the order in which an element's
// state changes were asked for. Owned by one thread, which is the one that calls run().
class Strand {
 public:
  explicit Strand(WorkerPool& pool);
  void run(Task task);

 private:
  struct State;
  static void run_next(const std::shared_ptr<State>& state);
  std::shared_ptr<State> state_;  // shared with the worker thread that runs the current task
};

}  // namespace kms
