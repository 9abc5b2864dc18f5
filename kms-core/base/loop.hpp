// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "kms-core/base/task.hpp"

typedef struct _GMainContext GMainContext;
typedef struct _GSource GSource;

namespace kms {

// A control loop: one thread running one GMainContext. Everything that is said to live on a loop is touched
// by that thread alone; other threads post.
class Loop {
 public:
  explicit Loop(std::string name = "loop");  // of the thread
  ~Loop();                                   // runs what is posted already, then ends the thread
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs `task` on the loop, in order of posting. Any thread; returns at once.
  void post(Task task);

  // Runs `task` on the loop and waits for it. Any thread but the loop's own.
  void run(Task task);

  // A timer ends when it is destroyed; only on the loop's thread.
  class Timer {
   public:
    Timer() = default;
    Timer(Timer&&) noexcept;
    Timer& operator=(Timer&&) noexcept;
    ~Timer();
    void stop();
    bool is_running() const;  // false once a timer of after() has fired

   private:
    friend class Loop;
    explicit Timer(GSource* source) : source_(source) {}
    GSource* source_ = nullptr;
  };
  [[nodiscard]] Timer after(std::chrono::milliseconds delay, Task task);
  [[nodiscard]] Timer every(std::chrono::milliseconds period, Task task);
  // As after(), for what is given up then. It passes in so many looks: of a time in which this loop, or the
  // whole machine, stands still not more than two of them count.
  static constexpr int kLooks = 8;
  [[nodiscard]] Timer deadline(std::chrono::milliseconds delay, Task task);

  bool is_current() const;
  GMainContext* context() const { return context_; }

 private:
  Timer start_timer(std::chrono::milliseconds interval, Task task, int turns);
  void work();
  void drain();

  const std::string name_;
  GMainContext* context_;
  std::mutex mutex_;
  std::deque<Task> posted_;  // guarded by mutex_
  bool stopping_ = false;    // guarded by mutex_
  std::thread thread_;
};

// A fixed number of loops; sessions are spread over them in turn.
class LoopPool {
 public:
  explicit LoopPool(unsigned count);
  Loop& next();

  // Runs what is posted so far, on every loop. Not on a loop.
  void flush();

 private:
  std::vector<std::unique_ptr<Loop>> loops_;
  std::atomic<unsigned> turn_ = 0;
};

}  // namespace kms
