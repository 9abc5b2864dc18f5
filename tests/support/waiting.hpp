// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace kms::test {

// Long enough for a loaded machine; only a failing test waits so long.
constexpr std::chrono::seconds kPatience{20};

// Asks until `holds` says yes, 50 times a second; false when it does not in time. For what tells nobody that
// it changed; everything else is a Watched.
template <typename Predicate>
bool eventually(Predicate holds, std::chrono::milliseconds patience = kPatience) {
  std::mutex mutex;
  std::condition_variable never;
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::unique_lock lock(mutex);
    never.wait_for(lock, std::chrono::milliseconds(20));
  }
  return true;
}

// A value that threads change and a test waits for.
template <typename T>
class Watched {
 public:
  template <typename Change>
  void change(Change change) {
    const std::lock_guard lock(mutex_);
    change(value_);
    changed_.notify_all();
  }

  // True as soon as `predicate` holds; false when it does not in time.
  template <typename Predicate>
  bool wait(Predicate predicate, std::chrono::milliseconds patience = kPatience) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [&] { return predicate(value_); });
  }

  T copy() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  T value_{};
};

}  // namespace kms::test
