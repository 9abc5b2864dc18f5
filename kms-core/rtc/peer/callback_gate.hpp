// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>

namespace kms::rtc {

// Lets one RTC thread call a function of an object that another thread ends, without a lock on the RTC
// thread's side.
class CallbackGate {
 public:
  explicit CallbackGate(std::function<void()> callback) : callback_(std::move(callback)) {}

  // On the RTC thread.
  void call() {
    if (!callback_) return;
    calling_ = true;  // before closed_ is read, and close() does it the other way round
    if (!closed_) callback_();
    calling_ = false;
    calling_.notify_all();
  }
  // Afterwards no call is under way and none will be. Not from within the call.
  void close() {
    closed_ = true;
    calling_.wait(true);
  }

 private:
  const std::function<void()> callback_;
  std::atomic<bool> closed_ = false;
  std::atomic<bool> calling_ = false;
};

}  // namespace kms::rtc
