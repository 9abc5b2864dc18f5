// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace kms::server {

// SIGTERM and SIGINT as something to wait for. Made first of all: threads made later inherit the blocked
// signals.
class StopSignal {
 public:
  enum class Woken { kSignal, kNotified, kTimeout };

  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  // Waits for a signal or notify(), whichever comes first.
  Woken wait();
  Woken wait_until(std::chrono::steady_clock::time_point deadline);

  void notify();  // any thread

 private:
  Woken poll(int timeout_ms);

  int signals_;  // signalfd
  int notices_;  // eventfd
};

}  // namespace kms::server
