// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>

namespace kms::gst {

// Holds back the media of what is not its turn yet. Any thread.
class Gate {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  bool is_open() const { return open_; }
  // Waits until it is open; false when `flushing` became true before (then wake() must be called).
  bool pass(const std::atomic<bool>& flushing) {
    if (open_) return true;
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return open_ || flushing; });
    return open_;
  }
  void wake() {
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> open_ = false;
};

}  // namespace kms::gst
