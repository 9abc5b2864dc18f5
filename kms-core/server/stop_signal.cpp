// SPDX-License-Identifier: Apache-2.0
#include "kms-core/server/stop_signal.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

namespace kms::server {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

StopSignal::StopSignal() : notices_(eventfd(0, EFD_CLOEXEC)) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signals_ = signalfd(-1, &set, SFD_CLOEXEC);
}

StopSignal::~StopSignal() {
  close(signals_);
  close(notices_);
}

StopSignal::Woken StopSignal::wait() { return poll(-1); }

StopSignal::Woken StopSignal::wait_until(steady_clock::time_point deadline) {
  const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
  return poll(static_cast<int>(std::max(left, milliseconds(0)).count()));
}

void StopSignal::notify() { eventfd_write(notices_, 1); }

StopSignal::Woken StopSignal::poll(int timeout_ms) {
  pollfd wanted[] = {{notices_, POLLIN, 0}, {signals_, POLLIN, 0}};
  if (::poll(wanted, 2, timeout_ms) <= 0) return Woken::kTimeout;
  if (wanted[0].revents != 0) return Woken::kNotified;
  signalfd_siginfo taken;
  const auto bytes = read(signals_, &taken, sizeof(taken));
  return bytes == sizeof(taken) ? Woken::kSignal : Woken::kTimeout;
}

}  // namespace kms::server
