// SPDX-License-Identifier: Apache-2.0
#include "kms-core/base/worker_pool.hpp"

#include <utility>

#include "kms-core/base/thread_times.hpp"

namespace kms {

using namespace std::chrono_literals;

constexpr auto kIdleLife = 5s;

WorkerPool::WorkerPool(Limits limits) : limits_(limits) {
  const std::lock_guard lock(mutex_);
  while (threads_ < limits_.kept) start_thread();
}

WorkerPool::~WorkerPool() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  wake_.notify_all();
  gone_.wait(lock, [&] { return threads_ == 0; });
}

void WorkerPool::run(Task task) {
  const std::lock_guard lock(mutex_);
  queue_.push_back(std::move(task));
  if (idle_ >= queue_.size()) {
    wake_.notify_one();
  } else if (threads_ < limits_.most) {
    start_thread();
  }
}

void WorkerPool::when_idle(Task task) {
  {
    const std::lock_guard lock(mutex_);
    when_idle_ = std::move(task);
  }
  run([] {});  // should nothing run now, none would look
}

unsigned WorkerPool::threads() const {
  const std::lock_guard lock(mutex_);
  return threads_;
}

void WorkerPool::start_thread() {
  ++threads_;
  ++idle_;  // it looks at the queue first
  std::thread([this] { work(); }).detach();  // counted in threads_; the destructor waits for all
}

void WorkerPool::work() {
  name_thread("worker");
  std::unique_lock lock(mutex_);
  --idle_;
  for (;;) {
    if (queue_.empty() && when_idle_ && idle_ + 1 == threads_) {
      queue_.push_back(std::exchange(when_idle_, nullptr));
    }
    if (queue_.empty()) {
      if (stopping_) break;
      ++idle_;
      const bool in_time = wake_.wait_for(lock, kIdleLife, [&] { return stopping_ || !queue_.empty(); });
      --idle_;
      if (!in_time && threads_ > limits_.kept) break;
      continue;
    }
    Task task = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    task();
    task = nullptr;
    lock.lock();
  }
  --threads_;
  gone_.notify_all();
}

struct Strand::State {
  explicit State(WorkerPool& p) : pool(p) {}
  WorkerPool& pool;
  std::mutex mutex;
  std::deque<Task> queue;
  bool busy = false;
};

Strand::Strand(WorkerPool& pool) : state_(std::make_shared<State>(pool)) {}

void Strand::run(Task task) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->queue.push_back(std::move(task));
    if (state_->busy) return;
    state_->busy = true;
  }
  state_->pool.run([state = state_] { run_next(state); });
}

void Strand::run_next(const std::shared_ptr<State>& state) {
  for (;;) {
    Task task;
    {
      const std::lock_guard lock(state->mutex);
      if (state->queue.empty()) {
        state->busy = false;
        return;
      }
      task = std::move(state->queue.front());
      state->queue.pop_front();
    }
    task();
  }
}

}  // namespace kms
