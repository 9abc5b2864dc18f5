// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/sctp/sctp_thread.hpp"

#include <pthread.h>

#include <mutex>

namespace kms::rtc {

Result<std::shared_ptr<SctpThread>> SctpThread::get() {
  static std::mutex mutex;
  static std::weak_ptr<SctpThread> only;
  const std::lock_guard lock(mutex);
  if (auto running = only.lock()) return running;
  auto loop = EventLoop::create();
  if (!loop.ok()) return loop.status();
  auto made = std::make_shared<SctpThread>(Key{}, std::move(*loop));
  only = made;
  return made;
}

SctpThread::SctpThread(Key, std::shared_ptr<EventLoop> loop) : loop_(std::move(loop)) {
  thread_ = std::thread([this] {
    static std::mutex running;  // of the one before, which may still be ending
    const std::lock_guard alone(running);
    loop_->run(&SctpThread::end_turn);
  });
  pthread_setname_np(thread_.native_handle(), "kms-sctp");
}

SctpThread::~SctpThread() {
  loop_->stop();
  thread_.join();
}

// Without associations nothing is due: usrsctp lets go of one where it is closed, and what its timers would
// tidy up behind the last ones (a third of a KB each) waits for the next.
TimePoint SctpThread::end_turn(TimePoint now) {
  auto& stack = SctpThread::stack();
  stack.run_timers(now);
  stack.serve();
  return stack.is_empty() ? TimePoint::max() : now + SctpStack::kTick;
}

}  // namespace kms::rtc
