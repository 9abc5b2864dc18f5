// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <thread>

#include "kms-core/rtc/net/event_loop.hpp"
#include "kms-core/rtc/sctp/sctp_stack.hpp"

namespace kms::rtc {

// The one thread of the process on which SCTP runs. It sleeps while there are no associations.
class SctpThread {
  struct Key {};

 public:
  // The process's; made for whom asks first, gone with the last who has it. Who lets it go last waits for its
  // end, and so is never a task of its own. Reason SCTP_FAILED.
  static Result<std::shared_ptr<SctpThread>> get();
  SctpThread(Key, std::shared_ptr<EventLoop> loop);
  // Runs what was posted before. Associations must be gone by then.
  ~SctpThread();
  SctpThread(const SctpThread&) = delete;
  SctpThread& operator=(const SctpThread&) = delete;

  // To post to, also for what may outlive the thread: the loop then takes no more.
  const std::shared_ptr<EventLoop>& loop() const { return loop_; }
  // On the thread.
  static SctpStack& stack() { return SctpStack::get(); }

 private:
  static TimePoint end_turn(TimePoint now);

  std::shared_ptr<EventLoop> loop_;
  std::thread thread_;
};

}  // namespace kms::rtc
