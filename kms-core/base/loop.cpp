// SPDX-License-Identifier: Apache-2.0
#include "kms-core/base/loop.hpp"

#include <glib.h>

#include <future>
#include <utility>

#include "kms-core/base/thread_times.hpp"

namespace kms {
namespace {

struct TimerTask {
  Task task;
  int turns;  // until it is done, once; 0: each time
};

gboolean fire(gpointer data) {
  auto* timer = static_cast<TimerTask*>(data);
  if (timer->turns > 1) {
    --timer->turns;
    return G_SOURCE_CONTINUE;
  }
  timer->task();
  return timer->turns == 1 ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

}  // namespace

Loop::Timer::Timer(Timer&& other) noexcept : source_(std::exchange(other.source_, nullptr)) {}

Loop::Timer& Loop::Timer::operator=(Timer&& other) noexcept {
  if (this != &other) {
    stop();
    source_ = std::exchange(other.source_, nullptr);
  }
  return *this;
}

Loop::Timer::~Timer() { stop(); }

void Loop::Timer::stop() {
  auto* source = std::exchange(source_, nullptr);
  if (source == nullptr) return;
  g_source_destroy(source);
  g_source_unref(source);
}

bool Loop::Timer::is_running() const { return source_ != nullptr && g_source_is_destroyed(source_) == FALSE; }

Loop::Loop(std::string name)
    : name_(std::move(name)), context_(g_main_context_new()), thread_([this] { work(); }) {}

Loop::~Loop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  g_main_context_wakeup(context_);
  thread_.join();
  g_main_context_unref(context_);
}

void Loop::post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(task));
  }
  g_main_context_wakeup(context_);
}

void Loop::run(Task task) {
  std::promise<void> finished;
  post([&] {
    task();
    finished.set_value();
  });
  finished.get_future().wait();
}

Loop::Timer Loop::after(std::chrono::milliseconds delay, Task task) {
  return start_timer(delay, std::move(task), 1);
}

Loop::Timer Loop::every(std::chrono::milliseconds period, Task task) {
  return start_timer(period, std::move(task), 0);
}

Loop::Timer Loop::deadline(std::chrono::milliseconds delay, Task task) {
  return start_timer((delay + std::chrono::milliseconds(kLooks - 1)) / kLooks, std::move(task), kLooks);
}

Loop::Timer Loop::start_timer(std::chrono::milliseconds interval, Task task, int turns) {
  GSource* source = g_timeout_source_new(static_cast<guint>(interval.count()));
  auto timer = std::make_unique<TimerTask>(TimerTask{std::move(task), turns});
  g_source_set_callback(source, fire, timer.release(), [](gpointer data) {
    const std::unique_ptr<TimerTask> owned(static_cast<TimerTask*>(data));
  });
  g_source_attach(source, context_);
  return Timer(source);
}

bool Loop::is_current() const { return std::this_thread::get_id() == thread_.get_id(); }

void Loop::work() {
  name_thread(name_);
  g_main_context_push_thread_default(context_);
  for (;;) {
    drain();
    {
      const std::lock_guard lock(mutex_);
      if (!posted_.empty()) continue;
      if (stopping_) break;
    }
    g_main_context_iteration(context_, TRUE);
  }
  g_main_context_pop_thread_default(context_);
}

void Loop::drain() {
  std::deque<Task> batch;
  {
    const std::lock_guard lock(mutex_);
    batch.swap(posted_);
  }
  for (auto& task : batch) {
    task();
    task = nullptr;  // what a task owns is released before the next one runs
  }
}

LoopPool::LoopPool(unsigned count) {
  for (unsigned i = 0; i < count; ++i)
    loops_.push_back(std::make_unique<Loop>("control-" + std::to_string(i)));
}

void LoopPool::flush() {
  for (const auto& loop : loops_) loop->run([] {});
}

Loop& LoopPool::next() { return *loops_[turn_.fetch_add(1) % loops_.size()]; }

}  // namespace kms
