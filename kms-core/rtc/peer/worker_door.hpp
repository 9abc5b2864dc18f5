// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <mutex>
#include <shared_mutex>

namespace kms::rtc {

class Worker;

// Leads objects that may outlive their server to one of its workers, as long as that is there. Any thread.
class WorkerDoor {
 public:
  explicit WorkerDoor(Worker& worker) : worker_(&worker) {}

  // False, and the task is dropped, once the worker has ended.
  bool post(std::function<void(Worker&)> task);
  void wake();
  void close() {
    const std::unique_lock lock(mutex_);
    worker_ = nullptr;
  }

 private:
  std::shared_mutex mutex_;
  Worker* worker_;
};

}  // namespace kms::rtc
