// SPDX-License-Identifier: Apache-2.0
#include "kms-core/base/worker_pool.hpp"

#include <utility>

#include "kms-core/base/thread_times.hpp"

namespace kms {

WorkerPool::WorkerPool(Limits limits) : limits_(limits) {
  const std::lock_guard lock(mutex_);
  while (running_.size() < limits_.kept) start_thread();
}

WorkerPool::~WorkerPool() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  for (auto* sleeper : sleepers_) sleeper->wake.notify_one();
  gone_.wait(lock, [&] { return running_.empty(); });
  for (auto& thread : ended_) thread.join();  // needs no lock any more
}

void WorkerPool::run(Task task) {
  const std::lock_guard lock(mutex_);
  queue_.push_back(std::move(task));
  if (idle_ >= queue_.size()) {
    call_one();
  } else if (running_.size() < limits_.most) {
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
  return static_cast<unsigned>(running_.size());
}

void WorkerPool::start_thread() {
  ++idle_;
  const auto self = running_.emplace(running_.end());
  *self = std::thread([this, self] { work(self); });
}

void WorkerPool::call_one() {
  if (sleepers_.empty()) return;  // those who are called, or just begun, are enough
  auto* sleeper = sleepers_.back();
  sleepers_.pop_back();
  sleeper->called = true;
  sleeper->wake.notify_one();
}

bool WorkerPool::await_call(std::unique_lock<std::mutex>& lock) {
  Sleeper self;
  sleepers_.push_back(&self);
  const bool in_time = self.wake.wait_for(lock, limits_.idle_life, [&] { return self.called || stopping_; });
  if (!self.called) std::erase(sleepers_, &self);
  return in_time;
}

void WorkerPool::work(Threads::iterator self) {
  name_thread("worker");
  std::unique_lock lock(mutex_);
  --idle_;
  for (;;) {
    if (queue_.empty() && when_idle_ && idle_ + 1 == running_.size()) {
      queue_.push_back(std::exchange(when_idle_, nullptr));
    }
    if (queue_.empty()) {
      if (stopping_) break;
      ++idle_;
      const bool in_time = await_call(lock);
      --idle_;
      if (!in_time && queue_.empty() && running_.size() > limits_.kept) break;
      continue;
    }
    Task task = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    task();
    task = nullptr;
    lock.lock();
  }
  Threads before;
  before.swap(ended_);
  ended_.splice(ended_.end(), running_, self);
  gone_.notify_all();
  lock.unlock();
  for (auto& thread : before) thread.join();
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
